"""Plugins run in their phases, in order, and their faults stay in their requests."""

import asyncio
import json
import logging
import queue
import socket
import threading
import weakref
from typing import Any, ClassVar

import pytest

from gopura.plugin import Exchange, Plugin, config
from gopura.testing import Gateway


class Recorder(Plugin, name="recorder", priority=100):
    """Writes down the phases that ran, for the test and for the client."""

    seen: "queue.Queue[list[str]]" = queue.Queue()

    def note(self, exchange: Exchange, phase: str) -> None:
        exchange.ctx.setdefault("phases", []).append(phase)

    def rewrite(self, exchange: Exchange, config: Any) -> None:
        assert exchange.route is None
        self.note(exchange, "rewrite")

    def access(self, exchange: Exchange, config: Any) -> None:
        assert exchange.route is not None and exchange.service is not None
        self.note(exchange, f"access {exchange.route.name} {exchange.service.name}")

    def header_filter(self, exchange: Exchange, config: Any) -> None:
        self.note(exchange, f"header_filter {exchange.response.source} {exchange.response.status}")

    def body_filter(self, exchange: Exchange, config: Any, chunk: bytes, last: bool) -> None:
        if last:
            self.note(exchange, "body_filter")

    def log(self, exchange: Exchange, config: Any) -> None:
        self.note(exchange, "log")
        self.seen.put(list(exchange.ctx["phases"]))


def configured(*names: str) -> dict[str, list[dict[str, Any]]]:
    return {"plugins": [{"name": name} for name in names]}


ALL = ["rewrite", "access all echo", "header_filter service 200", "body_filter", "log"]


def test_order_of_phases() -> None:
    with Gateway(Recorder) as gateway:
        assert gateway.get("/").status == 200
        assert Recorder.seen.get(timeout=5) == ALL


def test_unmatched_requests_have_the_globals() -> None:
    given = configured("recorder") | {"routes": [{"paths": ["/only"], "service": "echo"}]}
    with Gateway(Recorder, given=given) as gateway:
        assert gateway.get("/other").status == 404
        assert Recorder.seen.get(timeout=5) == ["rewrite", "header_filter error 404", "body_filter", "log"]


class Exiting(Plugin, name="exiting", priority=200):
    class Config(config.Record):
        phase: str = "access"
        later: bool = False

    async def rewrite(self, exchange: Exchange, config: Config) -> None:
        await self.leave(exchange, config, "rewrite")

    async def access(self, exchange: Exchange, config: Config) -> None:
        await self.leave(exchange, config, "access")

    async def leave(self, exchange: Exchange, config: Config, phase: str) -> None:
        if config.later:
            await asyncio.sleep(0.001)
        if config.phase == phase:
            exchange.exit(418, {"in": phase}, {"X-Exit": phase})


@pytest.mark.parametrize("later", [False, True])
@pytest.mark.parametrize(
    ("phase", "ran"),
    [
        ("rewrite", ["header_filter exit 418", "body_filter", "log"]),
        ("access", ["rewrite", "header_filter exit 418", "body_filter", "log"]),
    ],
)
def test_exit_runs_the_downstream_phases(phase: str, ran: list[str], later: bool) -> None:
    plugins = [{"name": "recorder"}, {"name": "exiting", "config": {"phase": phase, "later": later}}]
    with Gateway(Recorder, Exiting, given={"plugins": plugins}) as gateway:
        answer = gateway.get("/")
        assert (answer.status, answer.json(), answer.headers["X-Exit"]) == (418, {"in": phase}, phase)
        assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
        assert Recorder.seen.get(timeout=5) == ran
        assert gateway.upstream.requests == []


class Failing(Plugin, name="failing", priority=150):
    class Config(config.Record):
        phase: str = "access"

    def fail(self, config: Config, phase: str) -> None:
        if config.phase == phase:
            raise ValueError(f"broken in {phase}")

    def rewrite(self, exchange: Exchange, config: Config) -> None:
        self.fail(config, "rewrite")

    async def access(self, exchange: Exchange, config: Config) -> None:
        self.fail(config, "access")
        if config.phase == "later":
            await asyncio.sleep(0.001)
            raise ValueError("broken in later")

    def header_filter(self, exchange: Exchange, config: Config) -> None:
        self.fail(config, "header_filter")

    def log(self, exchange: Exchange, config: Config) -> None:
        self.fail(config, "log")


@pytest.mark.parametrize(
    ("phase", "status"),
    [("rewrite", 500), ("access", 500), ("later", 500), ("header_filter", 500), ("log", 200)],
)
def test_a_fault_is_that_requests_500_and_a_log_line(
    phase: str, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    plugins = [{"name": "recorder"}, {"name": "failing", "config": {"phase": phase}}]
    with caplog.at_level(logging.ERROR), Gateway(Recorder, Failing, given={"plugins": plugins}) as gateway:
        answer = gateway.get("/")
        assert answer.status == status
        if status == 500:
            assert answer.json() == {"message": "An unexpected error occurred"}
        assert Recorder.seen.get(timeout=5)[-1] == "log"
    [line] = [record for record in caplog.records if record.name == "gopura.plugins"]
    assert f"failing failed in {'access' if phase == 'later' else phase}, route" in line.getMessage()
    assert line.exc_info and str(line.exc_info[1]) == f"broken in {phase}"


class Returning(Plugin, name="returning"):
    class Config(config.Record):
        phase: str
        kind: str

    def rewrite(self, exchange: Exchange, config: Config) -> Any:
        return self.returned(exchange, config, "rewrite")

    def access(self, exchange: Exchange, config: Config) -> Any:
        return self.returned(exchange, config, "access")

    async def response(self, exchange: Exchange, config: Config) -> Any:
        return self.returned(exchange, config, "response")

    def header_filter(self, exchange: Exchange, config: Config) -> Any:
        return self.returned(exchange, config, "header_filter")

    def returned(self, exchange: Exchange, config: Config, phase: str) -> Any:
        match config.kind if config.phase == phase else "none":
            case "dict":
                return {"message": "No"}
            case "bool":
                return False
            case "exit":
                return exchange.exit(403)
        return None


@pytest.mark.parametrize(
    ("phase", "kind", "status"),
    [
        ("rewrite", "dict", 500),
        ("access", "dict", 500),
        ("access", "bool", 500),
        ("response", "dict", 500),
        ("access", "exit", 403),
        ("access", "none", 200),
        ("header_filter", "dict", 200),
    ],
)
def test_a_phase_that_may_answer_returns_an_answer_or_none(
    phase: str, kind: str, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        caplog.at_level(logging.ERROR),
        Gateway(Returning, config={"phase": phase, "kind": kind}) as gateway,
    ):
        assert gateway.get("/").status == status
    told = f"{phase} returned a {kind}: return what `exchange.exit` gives, or None"
    assert (told in caplog.text) is (status == 500)


class Buffering(Plugin, name="buffering"):
    def response(self, exchange: Exchange, config: Any) -> None:
        body = exchange.response.body
        assert body is not None
        if exchange.response.status == 404:
            exchange.exit(200, "replaced")
        else:
            exchange.response.body = body.upper()
            exchange.response.headers["X-Length"] = str(len(body))


def test_response_phase_has_the_whole_body() -> None:
    with Gateway(Buffering) as gateway:
        gateway.upstream.reply.body = b"whole body"
        answer = gateway.get("/")
        assert (answer.body, answer.headers["X-Length"]) == (b"WHOLE BODY", "10")
        gateway.upstream.reply.status = 404
        assert (gateway.get("/").status, gateway.get("/").body) == (200, b"replaced")


class Sparing(Plugin, name="sparing"):
    """Reads bodies of up to ten bytes; what it does with others, a header of the request says."""

    def response_body_limit(self, config: Any) -> int:
        return 10

    def response(self, exchange: Exchange, config: Any) -> None:
        exchange.response.headers["X-Body"] = "none" if exchange.response.body is None else "whole"
        match exchange.request.headers.get("Do"):
            case "replace":
                exchange.response.body = b"new"
            case "exit":
                exchange.exit(403, b"no")


LONG = b"0123456789" * 100_000


@pytest.mark.parametrize("filtered", [False, True])
@pytest.mark.parametrize(
    ("body", "do", "status", "sent", "seen"),
    [
        (b"short", "", 200, b"short", "whole"),
        (b"ten bytes.", "", 200, b"ten bytes.", "whole"),
        (LONG, "", 200, LONG, "none"),
        (LONG, "replace", 200, b"new", "none"),
        (LONG, "exit", 403, b"no", None),
    ],
)
def test_response_body_is_held_up_to_the_limit(
    body: bytes, do: str, status: int, sent: bytes, seen: str | None, filtered: bool
) -> None:
    plugins = configured("sparing", *(["filtering"] if filtered else []))
    with Gateway(Sparing, Filtering, given=plugins) as gateway:
        gateway.upstream.reply.body = body
        answer = gateway.get("/", {"Do": do})
        assert (answer.status, answer.headers["X-Body"]) == (status, seen)
        assert answer.body == sent + (b"." if filtered else b"")
        assert gateway.get("/").status == 200


class Filtering(Plugin, name="filtering"):
    def body_filter(self, exchange: Exchange, config: Any, chunk: bytes, last: bool) -> bytes | None:
        if b"break" in chunk:
            raise ValueError("no")
        return chunk.replace(b"a", b"bb") + (b"." if last else b"")


def test_body_filter_replaces_pieces() -> None:
    with Gateway(Filtering) as gateway:
        gateway.upstream.reply.body = b"banana"
        answer = gateway.get("/")
        assert answer.body == b"bbbnbbnbb."
        assert answer.headers["Content-Length"] is None


class Scoped(Plugin, name="scoped", priority=50):
    class Config(config.Record):
        name: str = ""

    def access(self, exchange: Exchange, config: Config) -> None:
        exchange.response.headers.add("X-Scope", config.name)


def test_a_known_consumer_chooses_anew() -> None:
    given = {
        "consumers": [{"username": "bob"}, {"username": "al"}],
        "keyauth_credentials": [{"key": "kb", "consumer": "bob"}, {"key": "ka", "consumer": "al"}],
        "routes": [{"name": "all", "paths": ["/"], "service": "echo"}],
        "plugins": [
            {"name": "key-auth"},
            {"name": "scoped", "config": {"name": "global"}},
            {"name": "scoped", "config": {"name": "bob"}, "consumer": "bob"},
            {"name": "scoped", "config": {"name": "bob on all"}, "consumer": "bob", "route": "all"},
        ],
    }
    with Gateway(Scoped, given=given) as gateway:
        assert gateway.get("/", {"apikey": "kb"}).headers["X-Scope"] == "bob on all"
        assert gateway.get("/", {"apikey": "ka"}).headers["X-Scope"] == "global"


class Slow(Plugin, name="slow"):
    ended: "queue.Queue[str]" = queue.Queue()
    began = threading.Event()

    class Config(config.Record):
        phase: str = "access"

    async def rewrite(self, exchange: Exchange, config: Config) -> None:
        await self.wait(config, "rewrite")

    async def access(self, exchange: Exchange, config: Config) -> None:
        await self.wait(config, "access")

    async def response(self, exchange: Exchange, config: Config) -> None:
        await self.wait(config, "response")

    async def wait(self, config: Config, phase: str) -> None:
        if config.phase != phase:
            return
        try:
            self.began.set()
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            self.ended.put("cancelled")
            raise


@pytest.mark.parametrize(("phase", "asked"), [("rewrite", 0), ("access", 0), ("response", 1)])
def test_a_client_that_leaves_cancels_the_coroutine(phase: str, asked: int) -> None:
    Slow.began.clear()
    with Gateway(Slow, config={"phase": phase}) as gateway:
        with socket.create_connection(("127.0.0.1", gateway.port)) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            assert Slow.began.wait(5)
        assert Slow.ended.get(timeout=5) == "cancelled"
    assert len(gateway.upstream.requests) == asked


def test_time_limit(caplog: pytest.LogCaptureFixture) -> None:
    with Gateway(Slow, time_limit=0.05) as gateway:
        assert gateway.get("/").status == 500
        assert Slow.ended.get(timeout=5) == "cancelled"
    assert "slow failed in access" in caplog.text


class Keeper(Plugin, name="keeper"):
    kept: ClassVar[list[Exchange]] = []

    def access(self, exchange: Exchange, config: Any) -> None:
        self.kept.append(exchange)


def test_an_exchange_cannot_be_used_after_its_request() -> None:
    with Gateway(Keeper) as gateway:
        gateway.get("/")
        with pytest.raises(RuntimeError, match="not in a phase"):
            Keeper.kept[0].request.headers.get("host")


class Circle:
    """Refers to the exchange that refers to it."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange


class Hoarder(Plugin, name="hoarder"):
    freed: "queue.Queue[None]" = queue.Queue()

    def access(self, exchange: Exchange, config: Any) -> None:
        circle = Circle(exchange)
        weakref.finalize(circle, self.freed.put, None)
        exchange.ctx["circle"] = circle


def test_what_plugins_keep_is_freed_with_the_request() -> None:
    with Gateway(Hoarder) as gateway:
        gateway.get("/")
        Hoarder.freed.get(timeout=5)


class Reader(Plugin, name="reader"):
    def request_body_limit(self, config: Any) -> int:
        return 10

    def access(self, exchange: Exchange, config: Any) -> None:
        body = exchange.request.body
        exchange.upstream_request.headers.set("X-Body", "none" if body is None else body.decode())


@pytest.mark.parametrize(("body", "seen"), [("short", "short"), ("x" * 1_000_000, "none"), ("", "")])
def test_request_body_is_read_up_to_the_limit(body: str, seen: str) -> None:
    with Gateway(Reader) as gateway:
        assert gateway.post("/", body=body).json()["body"] == body
        assert gateway.upstream.last.headers["X-Body"] == seen


class Timed(Plugin, name="timed"):
    """Takes part in three phases."""

    class Config(config.Record):
        """Nothing."""

    def rewrite(self, exchange: Exchange, config: Any) -> None:
        pass

    async def access(self, exchange: Exchange, config: Any) -> None:
        await asyncio.sleep(0)

    def header_filter(self, exchange: Exchange, config: Any) -> None:
        pass


def test_request_debug_tells_what_each_plugin_took() -> None:
    """As Kong nests it: phase, plugins, name, id."""
    with Gateway(Timed, given={"plugins": [{"name": "timed"}, {"name": "cors", "route": "all"}]}) as gateway:
        answer = gateway.get("/", {"X-Kong-Request-Debug": "*"})
    phases = json.loads(answer.headers["X-Kong-Request-Debug-Output"])["child"]
    told = {
        name: set(phase.get("child", {}).get("plugins", {}).get("child", ()))
        for name, phase in phases.items()
    }
    own, both = {"timed"}, {"timed", "cors"}
    assert told == {
        "rewrite": own,
        "access": both,
        "header_filter": both,
        "balancer": set(),
        "upstream": set(),
    }
    timed = phases["access"]["child"]["plugins"]["child"]["timed"]
    (by_id,) = timed["child"].values()
    assert timed["total_time"] == by_id["total_time"] <= phases["access"]["child"]["plugins"]["total_time"]
