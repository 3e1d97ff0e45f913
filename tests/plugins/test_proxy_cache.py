"""proxy-cache: what is kept, for whom, for how long, and what comes back."""

import base64
import dataclasses
import time
from collections.abc import Iterator
from email.utils import formatdate
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from gopura.plugins.proxy_cache import in_bytes, rules, store
from gopura.plugins.proxy_cache.store import Kept, Memory
from gopura.testing import Gateway
from gopura.testing.client import Client
from gopura.testing.upstream import Received, Reply
from tests.plugins.stored import Stored
from tests.waiting import PATIENCE

Headers = dict[str, str | list[str]]


def given(**config: Any) -> dict[str, list[dict[str, Any]]]:
    settings = {"strategy": "memory", "cache_ttl": 60} | config
    route = {
        "name": "fresh",
        "paths": ["/"],
        "service": "echo",
    }  # entries belong to a route: none are left over
    return {"routes": [route], "plugins": [{"name": "proxy-cache", "config": settings}]}


@pytest.fixture(autouse=True)
def _fresh(gateway: Stored) -> None:
    gateway.upstream.reply = Reply()
    gateway.upstream.requests.clear()


@pytest.fixture
def inside() -> Iterator[Gateway]:
    """A gateway in this process, which may have another time."""
    with Gateway(given=given()) as running:
        yield running


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    later = SimpleNamespace(ahead=0.0)
    later.time = lambda: time.time() + later.ahead
    monkeypatch.setattr(store, "time", later)
    return later


def status(
    gateway: Client, target: str = "/", headers: Headers | None = None, method: str = "GET"
) -> str | None:
    found: str | None = gateway.request(method, target, headers).headers["X-Cache-Status"]
    return found


Step = tuple[str, str, str]
SEQUENCES: list[tuple[dict[str, Any], list[Step]]] = [
    ({}, [("GET", "/a", "Miss"), ("GET", "/a", "Hit"), ("GET", "/A", "Miss")]),
    ({}, [("GET", "/?a=1&b=2", "Miss"), ("GET", "/?b=2&a=1", "Hit"), ("GET", "/?a=1", "Miss")]),
    ({}, [("POST", "/", "Bypass"), ("POST", "/", "Bypass")]),
    ({}, [("HEAD", "/", "Miss"), ("HEAD", "/", "Miss")]),
    ({"request_method": ["POST"]}, [("POST", "/", "Miss"), ("POST", "/", "Hit"), ("GET", "/", "Bypass")]),
    ({"ignore_uri_case": True}, [("GET", "/a", "Miss"), ("GET", "/A", "Hit")]),
    ({"vary_query_params": ["a"]}, [("GET", "/?a=1&b=1", "Miss"), ("GET", "/?a=1&b=2", "Hit")]),
    ({"response_code": [404]}, [("GET", "/", "Bypass"), ("GET", "/", "Bypass")]),
    ({"content_type": ["text/html"]}, [("GET", "/", "Bypass"), ("GET", "/", "Bypass")]),
    ({"content_type": ["application/*"]}, [("GET", "/", "Miss"), ("GET", "/", "Hit")]),
]


@pytest.mark.parametrize(("config", "steps"), SEQUENCES)
def test_sequences(gateway: Stored, config: dict[str, Any], steps: list[Step]) -> None:
    gateway.configure(given(**config))
    for method, target, expected in steps:
        assert status(gateway, target, method=method) == expected


def is_fresh(age: str) -> bool:
    """Whether it is the age of what has just been kept; a second may begin in between."""
    return 0 <= int(age) < PATIENCE


def test_a_hit_is_the_same_answer(gateway: Stored) -> None:
    gateway.configure(given())
    gateway.upstream.reply = Reply(404, {"X-A": "1", "X-RateLimit-Remaining": "3", "Server": "it"}, b"text")
    first, second = gateway.get("/"), gateway.get("/")
    assert len(gateway.upstream.requests) == 1
    assert (second.status, second.body) == (404, b"text")
    assert (second.headers["X-A"], second.headers["X-RateLimit-Remaining"]) == ("1", None)
    assert second.headers["Server"] == "it"
    assert is_fresh(second.headers["Age"])
    assert second.headers["X-Cache-Key"] == first.headers["X-Cache-Key"]
    assert {"X-A", "Server", "X-Cache-Status"} <= set(second.headers.keys())  # as they were written
    assert "X-Kong-Proxy-Latency" in second.headers


def test_silence(gateway: Stored) -> None:
    names = {"age": False, "X-Cache-Status": False, "X-Cache-Key": False}
    gateway.configure(given(response_headers=names))
    for answer in (gateway.get("/"), gateway.get("/")):
        assert not {"Age", "X-Cache-Status", "X-Cache-Key"} & set(answer.headers)
    told = gateway.get("/", {"Kong-Debug": "1"}).headers
    assert (told["X-Cache-Status"], len(told["X-Cache-Key"])) == ("Hit", 64)
    assert is_fresh(told["Age"])
    assert len(gateway.upstream.requests) == 1


CONTROL: list[tuple[str, Headers, list[str]]] = [
    ("max-age=60", {}, ["Miss", "Hit"]),
    ("max-age=0", {}, ["Bypass", "Bypass"]),
    ("s-maxage=0, max-age=60", {}, ["Bypass", "Bypass"]),
    ("no-store", {}, ["Bypass", "Bypass"]),
    ("private, max-age=60", {}, ["Bypass", "Bypass"]),
    ("", {}, ["Bypass", "Bypass"]),
    ("max-age=60", {"Cache-Control": "no-store"}, ["Bypass", "Bypass"]),
    ("max-age=60", {"Cache-Control": "min-fresh=100"}, ["Miss", "Refresh"]),
    ("max-age=60", {"Cache-Control": "max-age=junk"}, ["Miss", "Hit"]),
    ("max-age=60", {"Authorization": "x"}, ["Bypass", "Bypass"]),
    ("max-age=60, public", {"Authorization": "x"}, ["Miss", "Hit"]),
    ("s-maxage=60", {"Authorization": "x"}, ["Miss", "Hit"]),
    ("max-age=60, must-revalidate", {"Authorization": "x"}, ["Miss", "Hit"]),
    ("max-age=60", {"Cookie": "a=b"}, ["Miss", "Hit"]),
    ("max-age=60, max-age=0", {}, ["Miss", "Hit"]),
    ("max-age=0, max-age=60", {}, ["Bypass", "Bypass"]),
    ("s-maxage=junk, max-age=60", {}, ["Bypass", "Bypass"]),
    ("max-age=inf", {}, ["Bypass", "Bypass"]),
    ("max-age=nan", {}, ["Bypass", "Bypass"]),
    ("max-age=-1", {}, ["Bypass", "Bypass"]),
    ("max-age=" + "9" * 5000, {}, ["Miss", "Hit"]),
    ('private="X-A"', {}, ["Bypass", "Bypass"]),
    ("public, max-age=60, no-cache=set-cookie", {}, ["Bypass", "Bypass"]),
]


@pytest.mark.parametrize(("said", "headers", "expected"), CONTROL)
def test_cache_control(gateway: Stored, said: str, headers: Headers, expected: list[str]) -> None:
    gateway.configure(given(cache_control=True))
    gateway.upstream.reply = Reply(headers={"Cache-Control": said} if said else {})
    assert [status(gateway, "/", headers) for _ in expected] == expected


def test_expires(gateway: Stored) -> None:
    gateway.configure(given(cache_control=True))
    gateway.upstream.reply = Reply(headers={"Expires": formatdate(time.time() + 60, usegmt=True)})
    assert [status(gateway), status(gateway)] == ["Miss", "Hit"]
    gateway.configure(given(cache_control=True))
    gateway.upstream.reply = Reply(headers={"Expires": "0"})
    assert [status(gateway), status(gateway)] == ["Bypass", "Bypass"]


def test_only_if_cached(gateway: Stored) -> None:
    gateway.configure(given(cache_control=True))
    answer = gateway.get("/", {"Cache-Control": "only-if-cached"})
    assert (answer.status, answer.headers["Content-Type"]) == (504, "text/plain; charset=utf-8")
    assert answer.body.startswith(b"The upstream server is timing out\nrequest_id: ")


@pytest.mark.parametrize(
    ("control", "config", "asked", "expected"),
    [
        ("max-age=10", {"storage_ttl": 100}, "", "Refresh"),
        ("max-age=10", {"storage_ttl": 100}, "max-stale", "Hit"),
        ("max-age=10", {"storage_ttl": 100}, "max-stale=30", "Hit"),
        ("max-age=10", {"storage_ttl": 100}, "max-stale=5", "Refresh"),
        ("max-age=10", {"storage_ttl": 100}, "max-stale=junk", "Refresh"),
        ("max-age=10, must-revalidate", {"storage_ttl": 100}, "max-stale", "Refresh"),
        ("max-age=10, proxy-revalidate", {"storage_ttl": 100}, "max-stale", "Refresh"),
        ("s-maxage=10", {"storage_ttl": 100}, "max-stale", "Refresh"),
        ("max-age=60", {}, "max-age=5", "Refresh"),
        ("max-age=60", {}, "min-fresh=50", "Refresh"),
        ("max-age=60", {}, "min-fresh=5", "Hit"),
    ],
)
def test_what_is_too_old(
    inside: Gateway, clock: SimpleNamespace, control: str, config: dict[str, Any], asked: str, expected: str
) -> None:
    inside.configure(given(cache_control=True, **config))
    inside.upstream.reply = Reply(headers={"Cache-Control": control})
    assert status(inside) == "Miss"
    clock.ahead = 25
    assert status(inside, headers={"Cache-Control": asked} if asked else {}) == expected


def test_time_in_other_caches_counts(gateway: Stored) -> None:
    gateway.configure(given(cache_control=True))
    gateway.upstream.reply = Reply(headers={"Cache-Control": "max-age=600", "Age": "100"})
    assert status(gateway) == "Miss"
    assert 100 <= int(gateway.get("/").headers["Age"]) < 100 + PATIENCE
    assert status(gateway, headers={"Cache-Control": "max-age=50"}) == "Refresh"
    gateway.configure(given(cache_control=True))
    gateway.upstream.reply = Reply(headers={"Cache-Control": "max-age=600", "Age": "600"})
    assert [status(gateway), status(gateway)] == ["Bypass", "Bypass"]


Asked = tuple[str, str, Headers]
APART: list[tuple[dict[str, Any], Asked, Asked]] = [
    ({}, ("GET", "/?a=1:b=2", {}), ("GET", "/?a=1&b=2", {})),
    ({}, ("GET", "/?a=1%26b=2", {}), ("GET", "/?a=1&b=2", {})),
    ({}, ("GET", "/?a=1&a=2", {}), ("GET", "/?a=2&a=1", {})),
    ({}, ("GET", "/?a=1,2", {}), ("GET", "/?a=1&a=2", {})),
    ({}, ("GET", "/?a", {}), ("GET", "/?a=", {})),
    ({}, ("GET", "/?a=1|x", {}), ("GET", "/?a=1", {})),
    ({}, ("GET", "/?" + "x=1&" * 100 + "id=1", {}), ("GET", "/?" + "x=1&" * 100 + "id=2", {})),
    ({"vary_query_params": ["id"]}, ("GET", "/?%69d=1", {}), ("GET", "/?id=2", {})),
    ({"vary_query_params": ["a", "b"]}, ("GET", "/?a=1:b=2", {}), ("GET", "/?a=1&b=2", {})),
    (
        {"vary_headers": ["x-a", "x-b"]},
        ("GET", "/", {"X-A": "1:x-b=2"}),
        ("GET", "/", {"X-A": "1", "X-B": "2"}),
    ),
    ({"vary_headers": ["x-a"]}, ("GET", "/", {"X-A": "1,2"}), ("GET", "/", {"X-A": ["1", "2"]})),
    ({"vary_headers": ["x-a"]}, ("GET", "/", {"X-A": ["1", "2"]}), ("GET", "/", {"X-A": ["2", "1"]})),
    ({"vary_headers": ["x-a"]}, ("GET", "/", {"X-A": ""}), ("GET", "/", {})),
    ({}, ("GET", "/", {"Host": "a.test"}), ("GET", "/", {"Host": "b.test"})),
    ({}, ("GET", "/", {"Host": "a.test"}), ("GET", "/", {"Host": "a.test:1234"})),
    ({}, ("GET", "/", {"X-Forwarded-Proto": "https"}), ("GET", "/", {"X-Forwarded-Proto": "http"})),
    ({}, ("GET", "/", {"X-Forwarded-Host": "a.test"}), ("GET", "/", {})),
    ({}, ("GET", "/", {"X-Forwarded-Port": "1"}), ("GET", "/", {})),
    ({}, ("GET", "/", {"X-Forwarded-Prefix": "/a"}), ("GET", "/", {})),
    ({}, ("GET", "/", {"Authorization": "Bearer a"}), ("GET", "/", {"Authorization": "Bearer b"})),
    ({}, ("GET", "/", {"Authorization": "Bearer a"}), ("GET", "/", {})),
    ({}, ("GET", "/", {"Cookie": "session=a"}), ("GET", "/", {"Cookie": "session=b"})),
    ({"cache_control": True}, ("GET", "/", {"Authorization": "Bearer a"}), ("GET", "/", {})),
]


@pytest.mark.parametrize(("config", "first", "second"), APART)
def test_what_has_an_answer_of_its_own(
    gateway: Stored, config: dict[str, Any], first: Asked, second: Asked
) -> None:
    gateway.upstream.reply = Reply(headers={"Cache-Control": "public, max-age=60"})
    gateway.configure(given(**config))
    for method, target, headers in (first, second):
        assert status(gateway, target, headers, method) == "Miss"
    for method, target, headers in (first, second):
        assert status(gateway, target, headers, method) == "Hit"


def test_bodies_have_an_answer_of_their_own(gateway: Stored) -> None:
    gateway.configure(given(request_method=["GET", "POST"]))

    def sent(body: bytes, method: str = "POST") -> str | None:
        answer = gateway.request(method, "/", body=body)
        found: str | None = answer.headers["X-Cache-Status"]
        return found

    assert [sent(b"a"), sent(b"b"), sent(b"a"), sent(b"")] == ["Miss", "Miss", "Hit", "Miss"]
    assert sent(b"x" * 1_000_000) == "Bypass"
    assert [sent(b"a", "GET"), sent(b"b", "GET"), sent(b"", "GET")] == ["Miss"] * 3
    gateway.configure(given())
    assert [sent(b"a", "GET"), sent(b"", "GET"), sent(b"a", "GET")] == ["Bypass", "Miss", "Bypass"]


@pytest.mark.parametrize("http2", [False, True])
def test_a_body_without_a_length_is_no_request_without_a_body(inside: Gateway, http2: bool) -> None:
    with httpx.Client(
        http1=not http2, http2=http2, base_url=f"http://127.0.0.1:{inside.port}", timeout=PATIENCE
    ) as client:
        bodies: list[list[bytes]] = [[b"other"], [], [b"other"], []]
        answers = [client.request("GET", "/", content=iter(body) if body else None) for body in bodies]
    assert [answer.headers["X-Cache-Status"] for answer in answers] == ["Bypass", "Miss", "Bypass", "Hit"]


PERSONAL: list[tuple[Reply, Headers]] = [
    (Reply(headers={"Set-Cookie": "session=1"}), {}),
    (Reply(headers={"Cache-Control": "private"}), {}),
    (Reply(headers={"Cache-Control": "no-store"}), {}),
    (Reply(206, {"Content-Range": "bytes 0-1/5"}, b"ab"), {"Range": "bytes=0-1"}),
    (Reply(206, {"Content-Range": "bytes 0-1/5"}, b"ab"), {}),
    (Reply(304, body=b""), {"If-None-Match": '"a"'}),
    (Reply(), {"Range": "bytes=0-"}),
]


@pytest.mark.parametrize("cache_control", [False, True])
@pytest.mark.parametrize(("reply", "headers"), PERSONAL)
def test_what_is_for_one_is_not_kept(
    gateway: Stored, reply: Reply, headers: Headers, cache_control: bool
) -> None:
    if cache_control and "Cache-Control" not in reply.headers:
        reply = dataclasses.replace(reply, headers={**reply.headers, "Cache-Control": "public, max-age=60"})
    gateway.configure(given(response_code=[200, 206, 304], cache_control=cache_control))
    gateway.upstream.reply = reply
    assert [status(gateway, "/", headers) for _ in range(2)] == ["Bypass", "Bypass"]


def test_kongs_key_on_request() -> None:
    with Gateway(given=given(), settings={"proxy_cache_rules": "kong"}) as running:
        assert status(running, "/", {"Host": "a.test"}) == "Miss"
        assert status(running, "/", {"Host": "b.test", "Cookie": "a=b", "Authorization": "x"}) == "Hit"
        assert [status(running, "/?a=1:b=2"), status(running, "/?a=1&b=2")] == ["Miss", "Hit"]
        running.upstream.reply = Reply(headers={"Set-Cookie": "a=b"})
        assert [status(running, "/x"), status(running, "/x")] == ["Miss", "Hit"]


def test_encodings(gateway: Stored) -> None:
    def reply(received: Received) -> Reply:
        if "gzip" in received.headers.get("Accept-Encoding", ""):
            return Reply(headers={"Content-Encoding": "gzip"}, body=b"packed")
        return Reply(body=b"plain")

    gateway.upstream.reply = reply
    gateway.configure(given())
    packed: Headers = {"Accept-Encoding": "gzip"}
    assert gateway.get("/", packed).body == b"packed"
    assert gateway.get("/").body == b"plain"
    assert gateway.get("/").headers["X-Cache-Status"] == "Hit"
    assert gateway.get("/", {"Accept-Encoding": ["br", "identity"]}).body == b"plain"


def test_variants_lie_beside_each_other(gateway: Stored) -> None:
    gateway.upstream.reply = lambda received: Reply(
        headers={"Vary": "Accept-Language"}, body=str(received.headers.get_all("Accept-Language")).encode()
    )
    gateway.configure(given())
    languages: list[Headers] = [{"Accept-Language": value} for value in ("de", "fr", ["de", "fr"])]
    bodies = [gateway.get("/", headers).body for headers in languages]
    assert len(set(bodies)) == 3
    assert [status(gateway, "/", headers) for headers in languages] == ["Hit"] * 3
    assert [gateway.get("/", headers).body for headers in languages] == bodies


def test_only_if_cached_is_no_request_for_a_fresh_one(inside: Gateway, clock: SimpleNamespace) -> None:
    inside.configure(given(cache_control=True, storage_ttl=100))
    inside.upstream.reply = Reply(headers={"Cache-Control": "max-age=10"})
    assert status(inside) == "Miss"
    only: Headers = {"Cache-Control": "only-if-cached"}
    assert status(inside, headers=only) == "Hit"
    clock.ahead = 25
    assert inside.get("/", only).status == 504


def test_age(inside: Gateway, clock: SimpleNamespace) -> None:
    inside.configure(given(storage_ttl=200))
    assert status(inside) == "Miss"
    clock.ahead = 50
    assert 50 <= int(inside.get("/").headers["Age"]) < 50 + PATIENCE
    clock.ahead = 100
    assert status(inside) == "Refresh"
    for storage_ttl, then in ((None, "Miss"), (0, "Refresh")):
        inside.configure(given(storage_ttl=storage_ttl))
        clock.ahead = 0
        assert status(inside) == "Miss"
        clock.ahead = 61
        assert status(inside) == then


def test_headers_that_the_upstream_or_the_configuration_names(gateway: Stored) -> None:
    def reply(received: Received) -> Reply:
        language = received.headers.get("Accept-Language", "none")
        return Reply(headers={"Vary": "Accept-Language"}, body=language.encode())

    gateway.upstream.reply = reply
    for config in ({}, {"vary_headers": ["accept-language"]}):
        gateway.configure(given(**config))
        assert gateway.get("/", {"Accept-Language": "de"}).body == b"de"
        assert gateway.get("/", {"Accept-Language": "fr"}).body == b"fr"
        assert status(gateway, "/", {"Accept-Language": "fr"}) == "Hit"
    gateway.configure(given())
    gateway.upstream.reply = Reply(headers={"Vary": "*"})
    assert [status(gateway), status(gateway)] == ["Bypass", "Bypass"]


def test_consumers_have_their_own_and_so_has_each_credential(gateway: Stored) -> None:
    entities = given()
    entities["consumers"] = [{"username": "a"}, {"username": "b"}]
    entities["keyauth_credentials"] = [
        {"consumer": "a", "key": "a1"},
        {"consumer": "a", "key": "a2"},
        {"consumer": "b", "key": "b"},
    ]
    entities["plugins"].append({"name": "key-auth", "config": {"hide_credentials": True}})
    gateway.configure(entities)
    keys: list[Headers] = [{"apikey": "a1"}, {"apikey": "b"}, {"apikey": "a2"}, {"apikey": "a1"}]
    assert [status(gateway, "/", key) for key in keys] == ["Miss", "Miss", "Miss", "Hit"]


def test_people_behind_one_consumer_have_their_own(gateway: Stored) -> None:
    entities = given()
    entities["consumers"] = [{"username": "a"}]
    entities["basicauth_credentials"] = [
        {"consumer": "a", "username": name, "password": "p"} for name in ("x", "y")
    ]
    entities["plugins"].append({"name": "basic-auth", "config": {"hide_credentials": True}})
    gateway.configure(entities)
    people: list[Headers] = [
        {"Authorization": "Basic " + base64.b64encode(f"{name}:p".encode()).decode()} for name in "xyx"
    ]
    assert [status(gateway, "/", one) for one in people] == ["Miss", "Miss", "Hit"]


def test_admin_endpoints(gateway: Stored) -> None:
    gateway.configure(given())
    gateway.upstream.reply = Reply(body=b"text")
    path = f"/proxy-cache/{gateway.get('/').headers['X-Cache-Key']}"
    found = gateway.admin.get(path).json()
    assert (found["headers"]["X-Cache-Status"], path.endswith(found["headers"]["X-Cache-Key"])) == (
        "Miss",
        True,
    )
    assert (found["status"], found["body"], found["ttl"], found["req_body"]) == (200, "text", 60, "")
    methods = ("DELETE", "DELETE", "GET")
    assert [gateway.admin.request(method, path).status_code for method in methods] == [204, 404, 404]
    assert [status(gateway), status(gateway)] == ["Miss", "Hit"]
    assert gateway.admin.delete("/proxy-cache").status_code == 204
    assert status(gateway) == "Miss"


def test_other_questions_are_refused(inside: Gateway) -> None:
    with pytest.raises(LookupError):
        inside.host.ask("proxy-cache", "nothing", {})


def kept(size: int, seconds: float = 60) -> Kept:
    return Kept(200, {}, b"x" * size, int(time.time()), seconds, time.time() + seconds)


def test_memory_is_bounded() -> None:
    memory = Memory(5000)
    for key in "abc":
        memory.put(key, kept(1000))
    assert memory.get("a")
    memory.put("d", kept(1000))
    assert [key for key in "abcd" if memory.get(key)] == ["a", "c", "d"]
    memory.put("huge", kept(10_000))
    assert not memory.get("huge")
    memory.put("old", kept(1, -1))
    assert not memory.get("old")
    assert memory.purge("c")
    assert not memory.purge("c")
    memory.flush()
    assert not memory.get("a")


def test_variants_of_one_key_are_bounded() -> None:
    memory = Memory(100_000)
    for number in range(100):
        memory.put("a", dataclasses.replace(kept(100), vary={"x": [str(number)]}))
    found = memory.get("a")
    assert [one.vary["x"] for one in found] == [[str(number)] for number in range(99, 83, -1)]
    memory.put("a", dataclasses.replace(kept(200), vary={"x": ["90"]}))
    assert [len(one.body) for one in memory.get("a")] == [200] + [100] * 15
    memory.put("b", kept(99_000))
    assert (memory.get("a"), len(memory.get("b"))) == ([], 1)


@pytest.mark.parametrize(
    ("given_type", "expected", "same"),
    [
        ("text/plain", "text/plain", True),
        ("text/plain; charset=UTF-8", "text/plain", False),
        ("text/plain; charset=UTF-8", "text/*; charset=UTF-8", True),
        ("text/plain", "*/*", True),
        ("text/html", "text/plain", False),
        ("text/plain;", "text/plain;", False),
        ('text/plain; charset="a b"', 'Text/Plain; Charset="a b"', True),
        ("nothing", "*/*", True),
    ],
)
def test_media_types(given_type: str, expected: str, same: bool) -> None:
    assert rules.matches(given_type, expected) is same


@pytest.mark.parametrize(("text", "size"), [("128m", 128 << 20), ("5k", 5 << 10), ("77", 77)])
def test_sizes(text: str, size: int) -> None:
    assert in_bytes(text) == size
