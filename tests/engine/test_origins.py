"""What passes is read alike by every origin: nginx, Python, Node and Go see the same two requests."""

import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.proxy import Config, Proxy
from tests.engine.test_framing import FORWARDED
from tests.servers.echo import Echo
from tests.servers.ports import free_port
from tests.servers.process import ServerProcess, program

SOURCE = Path(__file__).parent / "origins"
NGINX = """
daemon off; pid nginx.pid; error_log error.log; events {}
http {
    access_log off; client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi; scgi_temp_path scgi;
    server {
        listen 127.0.0.1:%d;
        location / { proxy_pass http://127.0.0.1:%d; proxy_set_header Host $http_host; }
    }
}
"""
NEXT = b"GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


def accepts(port: int) -> bool:
    """Whether something listens there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def command(origin: str, port: int, behind: int, server: ServerProcess) -> list[str | Path]:
    """How to start an origin."""
    if origin == "node":
        return [program("node", "nodejs"), SOURCE / "origin.js", str(port)]
    if origin == "go":
        binary = server.folder / "origin"
        server.run([program("go", "golang"), "build", "-o", binary, SOURCE / "origin.go"])
        return [binary, str(port)]
    configuration = server.folder / "nginx.conf"
    configuration.write_text(NGINX % (port, behind))
    return [program("nginx", "nginx", "/usr/sbin"), "-p", server.folder, "-c", configuration]


@pytest.fixture(scope="module", params=["python", "nginx", "node", "go"])
def origin(request: pytest.FixtureRequest) -> Iterator[int]:
    """The port of an origin that answers with the request as it read it; behind nginx stands the Python one."""
    echo, server, port = Echo(), ServerProcess(request.param), free_port()
    if request.param == "python":
        port = echo.port
    else:
        server.start(command(request.param, port, echo.port, server), lambda: accepts(port))
    yield port
    server.stop()
    echo.stop()


@pytest.mark.parametrize(
    ("raw", "body"), [case[1:] for case in FORWARDED], ids=[case[0] for case in FORWARDED]
)
def test_read_alike(origin: int, proxy: Proxy, raw: bytes, body: str) -> None:
    config = Config()
    config.route(config.service(origin), paths=["/"], strip_path=False)
    proxy.serve(config)
    answer = proxy.raw(raw + NEXT).decode()
    seen = [json.loads(found) for found in re.findall(r"^\{.*\}", answer, re.MULTILINE)]
    read = [(request["method"], request["target"], request["body"]) for request in seen]
    assert read == [("POST", "/p", body), ("GET", "/next", "")]
