// An origin on Node: answers with what it read. `node origin.js PORT`
require("http")
  .createServer((request, response) => {
    const pieces = [];
    request.on("data", (piece) => pieces.push(piece));
    request.on("end", () =>
      response.end(
        JSON.stringify({
          method: request.method,
          target: request.url,
          host: request.headers.host,
          body: Buffer.concat(pieces).toString(),
        }),
      ),
    );
  })
  .listen(Number(process.argv[2]), "127.0.0.1");
