"""`Connection` names fields of one connection; what the gateway and its plugins assert is none of these."""

import socket
from collections.abc import Iterator
from typing import Any

import h2.config
import h2.connection
import h2.events
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gopura.plugin import Exchange, Plugin, config
from gopura.testing import Gateway, Received, Reply
from tests.waiting import PATIENCE


class Asserting(Plugin, name="asserting"):
    """Says who the client is, and more, in both directions."""

    class Config(config.Record):
        """Nothing."""

    def access(self, exchange: Exchange, config: Config) -> None:
        who = exchange.request.query.get("who")
        found = exchange.find("consumers", "username", who) if who else None
        key = exchange.find("keyauth_credentials", "key", who) if who else None
        exchange.authenticate(found, key, "key")
        exchange.upstream_request.headers.set("X-Authenticated-Groups", "a")
        exchange.upstream_request.headers.set("X-Plugin", "1")

    def header_filter(self, exchange: Exchange, config: Config) -> None:
        exchange.response.headers.set("X-Plugin", "1")


UPSTREAM = [
    "X-Consumer-ID",
    "X-Consumer-Username",
    "X-Consumer-Custom-ID",
    "X-Credential-Identifier",
    "X-Anonymous-Consumer",
    "X-Authenticated-Groups",
    "X-Plugin",
    "X-Forwarded-For",
    "X-Forwarded-Proto",
    "X-Forwarded-Host",
    "X-Forwarded-Port",
    "X-Forwarded-Path",
    "X-Forwarded-Prefix",
    "X-Real-IP",
    "X-Kong-Request-Id",
    "Host",
    "Content-Length",
]
CLIENT = ["Via", "X-Kong-Upstream-Latency", "X-Kong-Proxy-Latency", "X-Kong-Request-Id", "X-Plugin", "Date"]


def connection_lines(asserted: list[str]) -> st.SearchStrategy[list[str]]:
    """Lines of `Connection` that name some of these, in any spelling, beside its own words."""
    spelled = st.builds(lambda name, how: how(name), st.sampled_from(asserted), st.sampled_from(SPELLINGS))
    words = st.lists(spelled | st.sampled_from(["close", "keep-alive", ""]), min_size=1, max_size=6)
    return st.lists(words.map(",".join), min_size=1, max_size=3)


SPELLINGS = [str, str.lower, str.upper, " {} ".format, "\t{}".format]


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    known = {
        "consumers": [{"username": "bob", "custom_id": "7"}],
        "keyauth_credentials": [{"consumer": "bob", "key": "bob"}],
        "routes": [{"name": "all", "paths": ["/p"], "service": "echo"}],
        "plugins": [{"name": "asserting"}],
    }
    with Gateway(Asserting, given=known) as running:
        yield running


FEW = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None
)


@FEW
@given(lines=connection_lines(UPSTREAM), target=st.sampled_from(["/p", "/p?who=bob"]))
def test_what_upstreams_are_told(gateway: Gateway, lines: list[str], target: str) -> None:
    assert told(gateway, target, {"Connection": lines}) == told(gateway, target, {})


def told(gateway: Gateway, target: str, headers: dict[str, Any]) -> dict[str, str | None]:
    """What the upstream reads of the asserted headers; of an id, that there is one."""
    gateway.post(target, headers, body="abc")
    received = gateway.upstream.last.headers
    return {name: received[name] for name in UPSTREAM} | {
        "X-Kong-Request-Id": received["X-Kong-Request-Id"] and "one"
    }


@FEW
@given(lines=connection_lines(CLIENT))
def test_what_clients_are_told(gateway: Gateway, lines: list[str]) -> None:
    gateway.upstream.reply = Reply(headers={"Connection": ",".join(lines), "X-Kept": "1"})
    headers = gateway.get("/p").headers
    assert [name for name in CLIENT if name not in headers] == []
    assert headers["X-Kept"] == "1"


@pytest.mark.parametrize(
    ("connection", "seen"),
    [
        ("X-Own", {"X-Own": None, "X-Other": "2"}),
        ("close, x-own", {"X-Own": None, "X-Other": "2"}),
        ("X-Own, X-Other", {"X-Own": None, "X-Other": None}),
        (["X-Own", "X-Other"], {"X-Own": None, "X-Other": None}),
        ("X-Ow, n", {"X-Own": "1", "X-Other": "2"}),
        ("TE", {"TE": "trailers"}),
        ("Upgrade", {"Upgrade": None, "X-Own": "1"}),
    ],
)
def test_a_clients_own_fields(gateway: Gateway, connection: Any, seen: dict[str, str | None]) -> None:
    sent = {"Connection": connection, "X-Own": "1", "X-Other": "2", "TE": "trailers", "Upgrade": "h2c"}
    gateway.get("/p", sent)
    assert {name: gateway.upstream.last.headers[name] for name in seen} == seen


def test_an_upstreams_own_fields(gateway: Gateway) -> None:
    def answer(request: Received) -> Reply:
        return Reply(headers={"Connection": "X-Own", "X-Own": "1", "X-Other": "2"})

    gateway.upstream.reply = answer
    headers = gateway.get("/p").headers
    assert (headers["X-Own"], headers["X-Other"]) == (None, "2")


def test_http2_knows_no_connection(gateway: Gateway) -> None:
    """RFC 9113, 8.2.2: such a request is malformed, so that there is nothing to be removed."""
    before = len(gateway.upstream.requests)
    assert isinstance(first_event(gateway, ("connection", "x-anonymous-consumer")), h2.events.StreamReset)
    assert len(gateway.upstream.requests) == before
    assert isinstance(first_event(gateway, ("x-own", "1")), h2.events.ResponseReceived)


_UNCHECKED = h2.config.H2Configuration(validate_outbound_headers=False, normalize_outbound_headers=False)


def first_event(gateway: Gateway, *headers: tuple[str, str]) -> h2.events.Event:
    """What an HTTP/2 request with these headers meets."""
    protocol = h2.connection.H2Connection(_UNCHECKED)
    protocol.initiate_connection()
    pseudo = [(":method", "GET"), (":scheme", "http"), (":authority", "a.test"), (":path", "/p")]
    protocol.send_headers(1, pseudo + list(headers), end_stream=True)
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=PATIENCE) as wire:
        wire.sendall(protocol.data_to_send())
        while True:
            for event in protocol.receive_data(wire.recv(65536)):
                if isinstance(event, h2.events.StreamReset | h2.events.ResponseReceived):
                    return event
