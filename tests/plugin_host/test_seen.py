"""How much of a request and its response plugins see (`lua_max_*`)."""

from typing import Any

import pytest

from gopura.plugin import Exchange, Plugin
from gopura.plugin.body import sent
from gopura.testing import Gateway, Reply

LIMITS = {
    "lua_max_req_headers": 4,
    "lua_max_resp_headers": 5,
    "lua_max_uri_args": 3,
    "lua_max_post_args": 2,
}


class Seeing(Plugin, name="seeing"):
    """Keeps what it sees."""

    seen: dict[str, Any]

    def request_body_limit(self, config: Any) -> int:
        return 1000

    def access(self, exchange: Exchange, config: Any) -> None:
        request, headers = exchange.request, exchange.request.headers
        fields = sent(request)
        type(self).seen = {
            "headers": [name for name in headers.to_dict() if name.startswith("a")],
            "lines": len(headers.items()),
            "len": len(headers),
            "named": headers.get("a9"),
            "values": request.values("a9", query=False) + request.values("a9") + request.values("a1"),
            "query": request.query,
            "one": [request.query_values("q2"), request.query_values("q4")],
            "form": fields and [fields.get(name) for name in ("f1", "f2", "f3")],
        }

    def header_filter(self, exchange: Exchange, config: Any) -> None:
        headers = exchange.response.headers
        self.seen["response"] = [len(headers.to_dict()), len(headers), headers.get("b9"), "b9" in headers]
        headers.set("b9", "set")


ALL = {
    "headers": [f"a{at}" for at in range(10)],
    "named": "9",
    "values": ["9", "9", "1"],
    "query": {"q1": "1", "q2": True, "q3": ["", "x"], "q4": "4"},
    "one": [[True], ["4"]],
    "form": ["1", "2", "3"],
}
SOME = {
    "headers": ["a0", "a1"],
    "lines": 4,
    "len": 4,
    "named": "9",
    "values": ["1"],
    "query": {"q1": "1", "q2": True, "q3": ""},
    "one": [[True], []],
    "form": ["1", "2", None],
    "response": [5, 5, None, False],
}


@pytest.mark.parametrize(("settings", "expected"), [({}, ALL), (LIMITS, SOME)], ids=["100", "few"])
def test_what_plugins_see(settings: dict[str, Any], expected: dict[str, Any]) -> None:
    sent_headers = {"Content-Type": "application/x-www-form-urlencoded"}
    sent_headers |= {f"a{at}": str(at) for at in range(10)}
    with Gateway(Seeing, settings=settings) as gateway:
        gateway.upstream.reply = Reply(headers={f"b{at}": str(at) for at in range(10)})
        answer = gateway.post("/?q1=1&&q2&q3=&q3=x&q4=4", sent_headers, body="f1=1&=&f2=2&f3=3")
    assert {name: Seeing.seen[name] for name in expected} == expected
    passed = gateway.upstream.last
    assert passed.query == "q1=1&&q2&q3=&q3=x&q4=4"
    assert passed.body == b"f1=1&=&f2=2&f3=3"
    assert passed.headers["a9"] == "9"
    assert [answer.headers["b0"], answer.headers["b9"]] == ["0", "set"]
