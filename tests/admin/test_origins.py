"""Web pages of other sites neither drive nor read the Admin API; programs and Kong Manager notice nothing."""

from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest
from starlette.requests import Request

from gopura.admin import create_app
from gopura.admin.hosts import Hosts, hostname
from gopura.admin.origins import Origins, origin_of
from gopura.settings import Settings
from gopura.store import Store

EVIL = "https://evil.example"
LINK = {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}

# (settings, URL, headers, whether the request passes)
REQUESTS: list[tuple[dict[str, str], str, dict[str, str], bool]] = [
    # programs
    ({}, "http://127.0.0.1:8001", {}, True),
    ({}, "http://[::1]:8001", {}, True),
    ({}, "http://10.1.2.3:8001", {"user-agent": "decK/1.63"}, True),
    ({}, "http://localhost:8001", {"accept-language": "*", "sec-fetch-mode": "cors"}, True),
    ({}, "http://kong:8001", {}, True),
    ({}, "http://kong-admin.kong.svc:8001", {}, True),
    ({}, "http://10-1-2-3.kong.pod:8001", {}, True),
    ({}, "http://kong-admin.kong.svc.cluster.local:8001", {}, True),
    # pages of the site itself
    ({}, "http://localhost:8001", {"origin": "http://localhost:8001"}, True),
    ({}, "http://localhost:8001", {"origin": "http://LOCALHOST:8001"}, True),
    ({}, "http://localhost:8001", {"sec-fetch-site": "same-origin"}, True),
    ({}, "http://localhost:8001", {"sec-fetch-site": "none"} | LINK, True),
    # Kong Manager
    ({}, "http://localhost:8001", {"origin": "http://localhost:8002", "sec-fetch-site": "same-site"}, True),
    ({}, "https://localhost:8444", {"origin": "https://localhost:8445"}, True),
    ({}, "http://localhost:8001", {"origin": "http://127.0.0.1:8002"}, False),
    ({}, "http://localhost:8001", {"origin": "http://localhost:3000", "sec-fetch-site": "same-site"}, False),
    (
        {"admin_gui_listen": "127.0.0.1:9002"},
        "http://localhost:8001",
        {"origin": "http://localhost:9002"},
        True,
    ),
    (
        {"admin_gui_listen": "127.0.0.1:9002"},
        "http://localhost:8001",
        {"origin": "http://localhost:8002"},
        False,
    ),
    (
        {"admin_gui_url": "https://manager.example:443/x"},
        "http://localhost:8001",
        {"origin": "https://manager.example", "sec-fetch-site": "cross-site"},
        True,
    ),
    (
        {"admin_gui_url": "http://a.example, https://b.example"},
        "http://localhost:8001",
        {"origin": "https://b.example"},
        True,
    ),
    (
        {"admin_gui_url": "https://manager.example"},
        "http://localhost:8001",
        {"origin": "http://localhost:8002"},
        False,
    ),
    # pages of other sites
    ({}, "http://localhost:8001", {"origin": EVIL}, False),
    ({}, "http://localhost:8001", {"origin": EVIL, "sec-fetch-site": "cross-site"}, False),
    ({}, "http://localhost:8001", {"origin": "null"}, False),
    ({}, "http://localhost:8001", {"origin": ""}, False),
    ({}, "http://localhost:8001", {"origin": "http://[::1"}, False),
    ({}, "http://localhost:8001", {"origin": "http://localhost:8001.evil.example"}, False),
    ({}, "http://localhost:8001", {"origin": "http://localhost:8001@evil.example"}, False),
    ({}, "http://localhost:8001", {"origin": "file://localhost:8001"}, False),
    ({}, "http://localhost:8001", {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}, False),
    ({}, "http://localhost:8001", {"sec-fetch-site": "same-site", "sec-fetch-dest": "image"}, False),
    ({}, "https://localhost:8444", {"origin": EVIL}, False),
    # names that a stranger made resolve to this machine
    ({}, "http://evil.example:8001", {}, False),
    ({}, "http://evil.example:8001", {"origin": "http://evil.example:8001"}, False),
    ({}, "http://127.0.0.1.evil.example:8001", {}, False),
    ({}, "http://svc.example:8001", {"sec-fetch-site": "same-origin"}, False),
    # names that are set
    ({"admin_allowed_hosts": "Kong.example"}, "http://kong.example:8001", {}, True),
    ({"admin_allowed_hosts": "kong.example"}, "http://kong.example.:8001", {}, True),
    ({"admin_allowed_hosts": "kong.example"}, "http://a.kong.example", {}, False),
    ({"admin_allowed_hosts": "*.kong.example"}, "http://a.kong.example", {}, True),
    ({"admin_allowed_hosts": "*.kong.example"}, "http://evilkong.example", {}, False),
    ({"admin_allowed_hosts": "*"}, "http://evil.example", {}, True),
    ({"admin_allowed_hosts": "*"}, "http://evil.example", {"origin": "http://b.example"}, False),
    ({"admin_gui_url": "http://kong.example:8002"}, "http://kong.example:8001", {}, True),
    ({"admin_gui_api_url": "kong.example:8001/api"}, "http://kong.example:8001", {}, True),
    ({"admin_listen": "kong.example:8001"}, "http://kong.example:8001", {}, True),
    # by TLS the certificate tells the name
    ({}, "https://kong.example:8444", {}, True),
]


@pytest.fixture(autouse=True)
def names_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "gw1")
    monkeypatch.setattr("socket.getfqdn", lambda: "gw1.company.example")


@pytest.mark.parametrize(("settings", "url", "headers", "passes"), REQUESTS)
async def test_who_may(settings: dict[str, str], url: str, headers: dict[str, str], passes: bool) -> None:
    origins = Origins(Settings.load(None, {}, settings))
    for method in ("GET", "POST", "OPTIONS"):
        assert (await origins.refusal(_request(method, url, headers)) is None) == passes


async def test_a_link_to_the_admin_api_opens_but_no_form_is_taken() -> None:
    origins = Origins(Settings.load(None, {}, {}))
    headers = {"sec-fetch-site": "cross-site"} | LINK
    passing = [
        await origins.refusal(_request(method, "http://localhost:8001", headers)) is None
        for method in ("GET", "HEAD", "POST")
    ]
    assert passing == [True, True, False]


@pytest.mark.parametrize(
    ("settings", "headers", "wanted"),
    [
        ({}, {}, ("*", "true", None)),
        ({}, {"origin": "http://localhost:8002"}, ("http://localhost:8002", "true", "Origin")),
        ({}, {"origin": EVIL}, (None, None, None)),
        ({"admin_gui_url": "https://m.example/ui"}, {}, ("https://m.example", "true", None)),
        (
            {"admin_gui_url": "https://m.example/ui"},
            {"origin": "https://m.example"},
            ("https://m.example", "true", "Origin"),
        ),
    ],
)
async def test_what_pages_may_read(
    tmp_path: Path, settings: dict[str, str], headers: dict[str, str], wanted: tuple[str | None, ...]
) -> None:
    answer = await _answer(tmp_path, settings, "GET", "http://localhost:8001", headers)
    names = ("access-control-allow-origin", "access-control-allow-credentials", "vary")
    assert tuple(answer.headers.get(name) for name in names) == wanted


@pytest.mark.parametrize(
    ("headers", "setting"),
    [({"host": "evil.example"}, "admin_allowed_hosts"), ({"origin": EVIL}, "admin_gui_url")],
)
async def test_a_refusal_names_the_setting(tmp_path: Path, headers: dict[str, str], setting: str) -> None:
    answer = await _answer(tmp_path, {}, "POST", "http://localhost:8001", headers)
    assert answer.status_code == 403
    assert setting in answer.json()["message"]


async def test_the_names_of_the_machine_pass() -> None:
    hosts = Hosts(Settings.load(None, {}, {}))
    names = ("gw1.company.example:8001", "gw2.company.example")
    assert [await hosts.know(name) for name in names] == [True, False]


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("A.test:8001", "a.test"),
        ("a.test.", "a.test"),
        ("[::1]:8001", "::1"),
        ("[::1]", "::1"),
        ("", ""),
        (":1", ""),
    ],
)
def test_names_of_hosts(host: str, name: str) -> None:
    assert hostname(host) == name


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://A.test:443/x?y", "https://a.test"),
        ("http://a.test:443", "http://a.test:443"),
        ("http://[::1]:80/", "http://[::1]"),
    ],
)
def test_origins_of_urls(url: str, origin: str) -> None:
    assert origin_of(url) == origin


async def _answer(
    prefix: Path, settings: Mapping[str, str], method: str, url: str, headers: Mapping[str, str]
) -> httpx.Response:
    loaded = Settings.load(None, {}, {"prefix": str(prefix), "database": "off", **settings})
    async with Store.of(loaded) as store:
        transport = httpx.ASGITransport(create_app(store, loaded))
        async with httpx.AsyncClient(transport=transport) as client:
            return await client.request(method, f"{url}/services", headers=dict(headers))


def _request(method: str, url: str, headers: Mapping[str, str]) -> Request:
    sent = httpx.Request(method, url, headers=dict(headers))
    raw = [(name.lower(), value) for name, value in sent.headers.raw]
    scope = {"type": "http", "method": method, "scheme": sent.url.scheme, "path": "/", "headers": raw}
    return Request(scope)
