"""session: cookies given, recognised, renewed, ended, and worth nothing when forged."""

import secrets
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from gopura.plugin import Exchange, Plugin
from gopura.plugin.authentication import GROUPS
from gopura.plugins.session import ticket as tickets
from gopura.plugins.session.seal import Seal, new_id, size_of
from gopura.testing import Answer, Gateway
from tests.plugins.stored import Stored

KEY: dict[str, str | list[str]] = {"apikey": "k"}


def given(**config: Any) -> dict[str, list[dict[str, Any]]]:
    settings = {"secret": "open-sesame", "cookie_secure": False} | config
    return {
        "consumers": [{"username": "bob", "custom_id": "b"}, {"username": "guest"}],
        "keyauth_credentials": [{"consumer": "bob", "key": "k"}],
        "plugins": [
            {"name": "key-auth", "config": {"anonymous": "guest"}},
            {"name": "session", "config": settings},
            {"name": "request-termination", "consumer": "guest", "config": {"status_code": 403}},
        ],
    }


@pytest.fixture(scope="module")
def inside() -> Iterator[Gateway]:
    """A gateway in this process, which may have another time or no control plane."""
    with Gateway(given=given()) as running:
        yield running


class Later:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def time(self) -> float:
        return time.time() + self.ahead


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Later:
    later = Later()
    monkeypatch.setattr(tickets, "time", SimpleNamespace(time=later.time))
    return later


def cookies(answer: Answer) -> dict[str, str]:
    """Each Set-Cookie line by the cookie's name, without the value."""
    found: dict[str, str] = {}
    for line in answer.headers.get_all("Set-Cookie") or []:
        pair, _, attributes = line.partition("; ")
        found[pair.partition("=")[0]] = attributes
    return found


def carried(answer: Answer) -> dict[str, str | list[str]]:
    """The cookies as the browser sends them back."""
    lines = answer.headers.get_all("Set-Cookie") or []
    return {"Cookie": "; ".join(line.partition(";")[0] for line in lines)}


def numbered(name: str, count: int) -> list[str]:
    """The names of so many cookies."""
    return [name, *(f"{name}{number}" for number in range(2, count + 1))]


STORAGES = pytest.mark.parametrize("storage", ["cookie", "kong"])


@STORAGES
def test_who_logged_in_stays_logged_in(gateway: Stored, storage: str) -> None:
    gateway.configure(given(storage=storage))
    assert gateway.get("/").status == 403
    first = gateway.get("/", KEY)
    assert first.status == 200
    again = gateway.get("/", carried(first))
    assert (again.status, cookies(again)) == (200, {})
    headers = gateway.upstream.last.headers
    assert (headers["X-Consumer-Username"], headers["X-Anonymous-Consumer"]) == ("bob", None)
    assert headers["X-Credential-Identifier"]


@STORAGES
def test_logging_out(gateway: Stored, storage: str) -> None:
    gateway.configure(given(storage=storage, read_body_for_logout=True))
    carrying = carried(gateway.get("/", KEY))
    assert gateway.get("/?session_logout=true", carrying).headers["Set-Cookie"] is None
    for method, target, sent in (
        ("POST", "/", {"form": {"session_logout": ""}}),
        ("DELETE", "/?session_logout=1", {}),
        ("POST", "/?session_logout", {}),
        ("POST", "/", {"json": {"session_logout": True}}),
    ):
        answer = gateway.request(method, target, carried(gateway.get("/", KEY)), **sent)
        assert (answer.status, answer.body) == (200, b"")
        assert "Max-Age=0" in cookies(answer)["session"]
    assert gateway.post("/", carrying, json={"session_logout": False}).status == 200
    if storage == "kong":
        assert gateway.request("DELETE", "/?session_logout=1", carrying).status == 200
        assert gateway.get("/", carrying).status == 403


ATTRIBUTES: list[tuple[dict[str, Any], str]] = [
    ({}, "Path=/; SameSite=Strict; HttpOnly"),
    (
        {"cookie_secure": True, "cookie_same_site": "Default"},
        "Path=/; SameSite=Default; Secure; HttpOnly",
    ),
    ({"cookie_same_site": "None"}, "Path=/; SameSite=None; Secure; HttpOnly"),
    ({"cookie_domain": "localhost"}, "Path=/; SameSite=Strict; HttpOnly"),
    (
        {"cookie_path": None, "cookie_same_site": None, "cookie_http_only": None},
        "Path=/; SameSite=Lax; HttpOnly",
    ),
    (
        {
            "cookie_domain": "h.test",
            "cookie_path": "/x",
            "cookie_http_only": False,
            "cookie_same_site": "Lax",
        },
        "Domain=h.test; Path=/x; SameSite=Lax",
    ),
]


@pytest.mark.parametrize(("config", "attributes"), ATTRIBUTES)
def test_cookie_attributes(gateway: Stored, config: dict[str, Any], attributes: str) -> None:
    gateway.configure(given(cookie_name="c", **config))
    assert cookies(gateway.get("/", KEY)) == {"c": attributes}


@pytest.mark.parametrize("other", [{"secret": "other"}, {"audience": "other"}, {"storage": "kong"}])
def test_a_cookie_is_worth_nothing_elsewhere(gateway: Stored, other: dict[str, Any]) -> None:
    gateway.configure(given())
    carrying = carried(gateway.get("/", KEY))
    if other.get("storage") == "kong":
        other = {"storage": "kong", "cookie_name": "other"}
        carrying = {"Cookie": str(carrying["Cookie"]).replace("session=", "other=")}
    gateway.configure(given(**other))
    assert gateway.get("/", carrying).status == 403


@pytest.mark.parametrize("value", ["", "nope", "AQ", "A" * 200, "AgAA" + "A" * 200, "Av___" + "A" * 4000])
def test_forged_cookies(gateway: Stored, value: str) -> None:
    gateway.configure(given())
    assert gateway.get("/", {"Cookie": f"session={value}"}).status == 403


def test_changed_cookies(gateway: Stored) -> None:
    gateway.configure(given())
    good = str(carried(gateway.get("/", KEY))["Cookie"])
    for place in (8, 9, 14, 30, 60, len(good) - 10):
        other = "A" if good[place] != "A" else "B"
        assert gateway.get("/", {"Cookie": good[:place] + other + good[place + 1 :]}).status == 403


@STORAGES
@pytest.mark.parametrize(
    ("ahead", "status", "renewed"),
    [(10, 200, False), (70, 200, True), (899, 200, True), (902, 403, False)],
)
def test_idling(
    inside: Gateway, clock: Later, storage: str, ahead: float, status: int, renewed: bool
) -> None:
    inside.configure(given(storage=storage))
    carrying = carried(inside.get("/", KEY))
    clock.ahead = ahead
    answer = inside.get("/", carrying)
    assert (answer.status, "session" in cookies(answer)) == (status, renewed)


@STORAGES
def test_rolling_and_the_absolute_end(inside: Gateway, clock: Later, storage: str) -> None:
    inside.configure(given(storage=storage, idling_timeout=0, rolling_timeout=100, absolute_timeout=250))
    answer = inside.get("/", KEY)
    for ahead in (80, 160, 240):
        clock.ahead = ahead
        answer = inside.get("/", carried(answer))
        assert (answer.status, list(cookies(answer))) == (200, ["session"])
    clock.ahead = 255
    assert inside.get("/", carried(answer)).status == 403


def test_remembering(inside: Gateway, clock: Later) -> None:
    inside.configure(given(remember=True, remember_cookie_name="rem", request_headers=["id", "audience"]))
    first = inside.get("/", KEY)
    assert "Max-Age=604800" in cookies(first)["rem"]
    clock.ahead = 5000
    again = inside.get("/", carried(first))
    assert (again.status, set(cookies(again))) == (200, {"session", "rem"})
    assert inside.upstream.last.headers["Session-Audience"] == "default"
    clock.ahead = 700_000
    assert inside.get("/", carried(first)).status == 403


def test_who_logs_out_is_forgotten(gateway: Stored) -> None:
    gateway.configure(given(storage="kong", remember=True))
    carrying = carried(gateway.get("/", KEY))
    remembered = {"Cookie": str(carrying["Cookie"]).split("; ")[1]}
    assert gateway.get("/", remembered).status == 200
    carrying = carried(gateway.get("/", KEY))
    assert set(cookies(gateway.post("/?session_logout=1", carrying))) == {"session", "remember"}
    remembered = {"Cookie": str(carrying["Cookie"]).split("; ")[1]}
    assert gateway.get("/", remembered).status == 403


LARGE_HEADERS = {"nginx_http_large_client_header_buffers": "8 64k"}


class InGroups(Plugin, name="in-groups", priority=1100):
    """Puts who logs in into many groups."""

    size = 0

    def access(self, exchange: Exchange, config: Any) -> None:
        if exchange.request.headers.get("apikey"):
            exchange.ctx[GROUPS] = [secrets.token_urlsafe(self.size)] if self.size else None


@pytest.fixture
def grouped() -> Iterator[Gateway]:
    """A gateway whose sessions are as large as `InGroups.size` says."""
    entities = given(remember=True, rolling_timeout=100, cookie_name="s")
    entities["plugins"].append({"name": "in-groups", "config": {}})
    with Gateway(InGroups, given=entities, settings=LARGE_HEADERS) as running:
        yield running


@pytest.mark.parametrize(("size", "count"), [(0, 1), (1500, 1), (4000, 2), (10_000, 4)])
def test_large_sessions_are_split_over_cookies(
    grouped: Gateway, clock: Later, monkeypatch: pytest.MonkeyPatch, size: int, count: int
) -> None:
    monkeypatch.setattr(InGroups, "size", size)
    first = grouped.get("/", KEY)
    names = [*numbered("s", count), *numbered("remember", count)]
    assert list(cookies(first)) == names
    for line in first.headers.get_all("Set-Cookie") or []:
        assert len(line.partition(";")[0]) <= 4096
    assert grouped.get("/", carried(first)).status == 200
    if count > 1:
        without_last = str(carried(first)["Cookie"]).replace(f"s{count}=", "x=").replace("remember=", "y=")
        assert grouped.get("/", {"Cookie": without_last}).status == 403
    clock.ahead = 90
    assert list(cookies(grouped.get("/", carried(first)))) == numbered("s", count)
    ended = cookies(grouped.post("/?session_logout=1", carried(first)))
    assert list(ended) == names
    assert all("Max-Age=0" in attributes for attributes in ended.values())


def test_cookies_that_are_not_needed_any_more_end(monkeypatch: pytest.MonkeyPatch) -> None:
    entities = given(remember=True, cookie_name="s")
    entities["keyauth_credentials"].append({"consumer": "bob", "key": "other"})
    entities["plugins"] = [
        {"name": "key-auth", "config": {}},
        entities["plugins"][1],
        {"name": "in-groups", "config": {}},
    ]
    with Gateway(InGroups, given=entities, settings=LARGE_HEADERS) as running:
        monkeypatch.setattr(InGroups, "size", 10_000)
        first = running.get("/", KEY)
        assert list(cookies(first)) == [*numbered("s", 4), *numbered("remember", 4)]
        monkeypatch.setattr(InGroups, "size", 0)
        second = cookies(running.get("/", carried(first) | {"apikey": "other"}))
    assert [name for name, said in second.items() if "Max-Age=0" not in said] == ["s", "remember"]
    assert list(second) == [*numbered("s", 4), *numbered("remember", 4)]


def test_sessions_that_are_too_large_are_not_given(
    grouped: Gateway, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(InGroups, "size", 30_000)
    assert cookies(grouped.get("/", KEY)) == {}
    assert "a session cannot be saved: cookie size limit exceeded" in caplog.text


def test_audiences_share_a_cookie(inside: Gateway) -> None:
    entities = given(audience="a", response_headers=["audience", "absolute-timeout"])
    entities["plugins"][1] |= {"route": "a"}
    other = {"name": "session", "route": "b", "config": entities["plugins"][1]["config"] | {"audience": "b"}}
    entities["plugins"].append(other)
    routes = [{"name": name, "paths": [f"/{name}"], "service": "echo"} for name in "ab"]
    inside.configure({"routes": routes} | entities)
    only_a = carried(inside.get("/a", KEY))
    assert (inside.get("/a", only_a).status, inside.get("/b", only_a).status) == (200, 403)
    both = inside.get("/b", only_a | KEY)
    assert both.headers["Session-Audience"] == "b"
    assert [inside.get(path, carried(both)).status for path in ("/a", "/b")] == [200, 200]
    left = carried(inside.post("/b?session_logout=1", carried(both)))
    assert [inside.get(path, left).status for path in ("/a", "/b")] == [200, 403]
    assert "Max-Age=0" in cookies(inside.post("/a?session_logout=1", left))["session"]


def test_the_absolute_end_stays_for_who_logs_in_again(inside: Gateway, clock: Later) -> None:
    entities = given(response_headers=["absolute-timeout", "rolling-timeout", "id"], remember=True)
    entities["plugins"][0]["config"] = {}
    entities["keyauth_credentials"].append({"consumer": "guest", "key": "other"})
    entities["plugins"] = entities["plugins"][:2]
    inside.configure(entities)
    first = inside.get("/", KEY)
    assert len(first.headers["Session-Id"] or "") == 43
    clock.ahead = 50
    second = inside.get("/", carried(first) | {"apikey": "other"})
    left = [second.headers[f"Session-{kind}-Timeout"] for kind in ("Absolute", "Rolling")]
    assert left in (["86350", "3600"], ["86349", "3600"])
    assert sorted(cookies(second)) == ["remember", "session"]


def test_facts(gateway: Stored) -> None:
    wanted = ["id", "audience", "subject", "timeout", "idling-timeout", "rolling-timeout", "absolute-timeout"]
    gateway.configure(given(request_headers=wanted, response_headers=wanted))
    first = gateway.get("/", KEY | {"Session-Subject": "forged"})
    assert gateway.upstream.last.headers["Session-Subject"] is None
    assert (first.headers["Session-Subject"], first.headers["Session-Timeout"]) == ("bob", "900")
    again = gateway.get("/", carried(first))
    assert again.headers["Session-Id"] == first.headers["Session-Id"]
    assert gateway.upstream.last.headers["Session-Absolute-Timeout"] == "86400"


def test_gone_consumers(gateway: Stored) -> None:
    gateway.configure(given())
    carrying = carried(gateway.get("/", KEY))
    gateway.configure(given())  # the consumers are others now
    answer = gateway.get("/", carrying)
    assert (answer.status, "Max-Age=0" in cookies(answer)["session"]) == (403, True)


def test_somebody_else_logs_in(inside: Gateway) -> None:
    inside.records.rows.clear()
    entities = given(storage="kong", stale_ttl=3)
    entities["plugins"][0]["config"] = {}
    entities["keyauth_credentials"].append({"consumer": "guest", "key": "other"})
    inside.configure(entities)
    first = inside.get("/", KEY)
    second = inside.get("/", carried(first) | {"apikey": "other"})
    assert carried(first) != carried(second)
    lasting = [row["expires"] - time.time() for row in inside.records.rows["sessions"].values()]
    assert [seconds < 10 for seconds in lasting] == [True, False]


def test_nobody_knows_the_secret_that_is_not_set(gateway: Stored) -> None:
    gateway.configure(given(secret=None))
    good = carried(gateway.get("/", KEY))
    assert gateway.get("/", good).status == 200
    (value,) = str(good["Cookie"]).removeprefix("session=").split("; ")
    assert Seal("", "session cookie").open(value) is None


@pytest.mark.parametrize("carrying", [False, True])
def test_without_a_control_plane(inside: Gateway, caplog: pytest.LogCaptureFixture, carrying: bool) -> None:
    """There is no session, and a request waits for the database once."""
    inside.configure(given(storage="kong"))
    sent = KEY | (carried(inside.get("/", KEY)) if carrying else {})
    inside.records.away = True
    try:
        answer = inside.get("/", sent)
        assert (answer.status, cookies(answer)) == (200, {})
    finally:
        inside.records.away = False
    assert caplog.text.count("the control plane is away") == 1


def test_seals_are_for_one_purpose() -> None:
    seal, id_ = Seal("s", "p"), new_id()
    for content in ({"x": 1}, {"x": "a" * 5000}, {"x": secrets.token_hex(5000)}):
        text = seal.close(id_, content)
        assert seal.open(text) == (id_, content)
        assert size_of(text) == len(text)
        for other in (Seal("t", "p"), Seal("s", "q")):
            assert other.open(text) is None
