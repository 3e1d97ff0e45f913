"""The harness for tests of plugins: a gateway in the test's own process, with an upstream that echoes.

A test starts in milliseconds and needs nothing but pytest::

    from gopura.testing import Gateway

    def test_greets() -> None:
        with Gateway(Greeter, config={"greeting": "hi"}) as gateway:
            answer = gateway.get("/")
            assert answer.headers["X-Greeting"] == "hi"
            assert gateway.upstream.last.path == "/"

Other servers that a plugin asks are an `Upstream` too::

    with Upstream(lambda request: Reply(200, body=b'{"title": "Dr"}')) as directory:
        ... Gateway(Titles, config={"directory": directory.url})

The real processes, with a database and the Admin API, start in seconds::

    from gopura.testing import Processes

    def test_greets_for_real() -> None:
        with Processes(plugins_path="plugins") as gateway:
            gateway.admin.post("/plugins", json={"name": "greeter", "config": {"greeting": "hi"}})
            assert gateway.get("/").headers["X-Greeting"] == "hi"

`pytest_plugins = ["gopura.testing.fixtures"]` in a `conftest.py` brings both as fixtures, which stop what they
started: `start_gateway(Greeter, config={...})` and `start_processes(plugins_path="plugins")`.
"""

from gopura.testing.client import Answer
from gopura.testing.errors import ConfigurationError
from gopura.testing.gateway import Gateway
from gopura.testing.processes import Processes
from gopura.testing.upstream import Received, Reply, Upstream

__all__ = ["Answer", "ConfigurationError", "Gateway", "Processes", "Received", "Reply", "Upstream"]
