"""A gateway whose one route has a plugin in Python, for measurements of what plugins do to one another."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.servers.nginx import Upstream
from tests.servers.gateway import Gateway

STAMP = """from gopura.plugin import Exchange, Plugin


class Stamp(Plugin, name="stamp", priority=1000):
    def access(self, exchange: Exchange, config: Plugin.Config) -> None:
        exchange.upstream_request.headers.set("X-Asked", exchange.request.headers.get("host") or "")

    def header_filter(self, exchange: Exchange, config: Plugin.Config) -> None:
        exchange.response.headers.set("X-Stamp", exchange.request.id)
"""


@contextmanager
def python_route(workers: int, **plugins: str) -> Iterator[Gateway]:
    """The gateway, with further plugins: the text of each file by its name."""
    folder = Path(tempfile.mkdtemp(prefix="gopura-bench-"))
    for name, text in {"stamp": STAMP, **plugins}.items():
        (folder / f"{name}.py").write_text(text)
    settings = {"plugins_path": str(folder), "nginx_worker_processes": str(workers)}
    quiet = {
        "proxy_access_log": "off",
        "admin_access_log": "off",
        "nginx_http_keepalive_requests": "100000000",
    }
    upstream, gateway = Upstream(folder / "upstream"), Gateway(settings | quiet)
    try:
        upstream.start()
        with gateway.client() as admin:
            url = f"http://127.0.0.1:{upstream.port}"
            admin.post("/services", json={"name": "up", "url": url}).raise_for_status()
            admin.post("/services/up/routes", json={"paths": ["/"]}).raise_for_status()
            admin.post("/services/up/plugins", json={"name": "stamp"}).raise_for_status()
        yield gateway
    finally:
        gateway.stop()
        upstream.stop()
        shutil.rmtree(folder)
