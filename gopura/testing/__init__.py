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
"""

from gopura.testing.client import Answer
from gopura.testing.errors import ConfigurationError
from gopura.testing.gateway import Gateway
from gopura.testing.upstream import Received, Reply, Upstream

__all__ = ["Answer", "ConfigurationError", "Gateway", "Received", "Reply", "Upstream"]
