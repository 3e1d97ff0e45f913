// An origin on Node: answers with what it read. `node origin.js PORT [CERTIFICATE KEY]`, with TLS and HTTP/2
const fs = require("fs");

function answer(request, response) {
  const pieces = [];
  request.on("data", (piece) => pieces.push(piece));
  request.on("end", () =>
    response.end(
      JSON.stringify({
        method: request.method,
        target: request.url,
        host: request.headers.host ?? request.authority,
        body: Buffer.concat(pieces).toString(),
        protocol: `HTTP/${request.httpVersion}`,
      }),
    ),
  );
}

function server(certificate, key) {
  if (!certificate) return require("http").createServer(answer);
  const files = { cert: fs.readFileSync(certificate), key: fs.readFileSync(key) };
  return require("http2").createSecureServer({ ...files, allowHTTP1: true }, answer);
}

const [port, ...pair] = process.argv.slice(2);
server(...pair).listen(Number(port), "127.0.0.1");
