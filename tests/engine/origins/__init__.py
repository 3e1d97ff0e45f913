"""Origins on nginx, Node and Go, which answer with the request as they read it."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.echo import Echo
from tests.servers.ports import free_port
from tests.servers.process import ServerProcess, program

SOURCE = Path(__file__).parent
NGINX = """
daemon off; pid nginx.pid; error_log error.log; events {}
http {
    access_log off; client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi; scgi_temp_path scgi; client_body_buffer_size 1m; proxy_buffering off;
    server {
        listen 127.0.0.1:%s; %s
        location / {
            proxy_pass http://127.0.0.1:%d; proxy_set_header Host $http_host;
            proxy_set_header X-Protocol $server_protocol;
        }
    }
}
"""
TLS = "ssl_certificate %s; ssl_certificate_key %s;"
Certificate = tuple[Path, Path]


@contextmanager
def running(name: str, certificate: Certificate | None = None) -> Iterator[int]:
    """The port of a running origin, with TLS and HTTP/2 when it has a certificate; behind nginx stands Python's."""
    echo, server, port = Echo(), ServerProcess(name), free_port()
    try:
        server.start(_command(name, port, echo.port, server, certificate), lambda: _accepts(port))
        yield port
    finally:
        server.stop()
        echo.stop()


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _command(
    name: str, port: int, behind: int, server: ServerProcess, certificate: Certificate | None
) -> list[str | Path]:
    arguments = [str(port), *(str(path) for path in certificate or ())]
    if name == "node":
        return [program("node", "nodejs"), SOURCE / "origin.js", *arguments]
    if name == "go":
        binary = server.folder / "origin"
        server.run([program("go", "golang"), "build", "-o", binary, SOURCE / "origin.go"])
        return [binary, *arguments]
    listening, tls = (f"{port} ssl http2", TLS % certificate) if certificate else (str(port), "")
    configuration = server.folder / "nginx.conf"
    configuration.write_text(NGINX % (listening, tls, behind))
    return [program("nginx", "nginx", "/usr/sbin"), "-p", server.folder, "-c", configuration]
