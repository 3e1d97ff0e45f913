"""session: cookies given, recognised, renewed, ended, and worth nothing when forged."""

import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from gopura.plugins.session import ticket as tickets
from gopura.plugins.session.seal import Seal, new_id
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
    ({"cookie_secure": True, "cookie_same_site": "Default"}, "Path=/; Secure; HttpOnly"),
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


@pytest.mark.parametrize("value", ["", "nope", "AQ", "A" * 200, "AQ" + "A" * 200])
def test_forged_cookies(gateway: Stored, value: str) -> None:
    gateway.configure(given())
    assert gateway.get("/", {"Cookie": f"session={value}"}).status == 403


def test_changed_cookies(gateway: Stored) -> None:
    gateway.configure(given())
    good = str(carried(gateway.get("/", KEY))["Cookie"])
    for place in (10, 30, 60, len(good) - 10):
        other = "A" if good[place] != "A" else "B"
        assert gateway.get("/", {"Cookie": good[:place] + other + good[place + 1 :]}).status == 403


@STORAGES
@pytest.mark.parametrize(
    ("ahead", "status", "renewed"),
    [(10, 200, False), (70, 200, True), (901, 403, False)],
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
    assert Seal("", "default", "session cookie").open(value) is None


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
    seal, id_ = Seal("s", "a", "p"), new_id()
    text = seal.close(id_, {"x": 1})
    assert seal.open(text) == (id_, {"x": 1})
    for other in (Seal("t", "a", "p"), Seal("s", "b", "p"), Seal("s", "a", "q")):
        assert other.open(text) is None
