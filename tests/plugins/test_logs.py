"""Log plugins: what they tell of a request, where they send it, what happens when nobody takes it."""

import asyncio
import json
import queue
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gopura.plugin.queue import Bounds, Queue
from gopura.plugins.http_log import HttpLog
from gopura.testing import Gateway, Received, Upstream
from gopura.testing.upstream import Reply
from tests.waiting import PATIENCE, wait_for

RECORD = ("client_ip", "latencies", "request", "response", "route", "service", "started_at", "tries")


class Sink(Upstream):
    """A server whose requests can be waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.arrived: queue.Queue[Received] = queue.Queue()

    def answer(self, received: Received) -> Reply:
        reply = super().answer(received)
        self.arrived.put(received)
        return reply


@pytest.fixture
def sink() -> Iterator[Sink]:
    sink = Sink()
    yield sink
    sink.close()


def with_plugin(name: str, config: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    return {"plugins": [{"name": name, "config": config}]}


def check(record: dict[str, Any]) -> None:
    assert set(RECORD) <= set(record)
    assert record["request"]["uri"] == "/x?a=1"
    assert record["request"]["querystring"] == {"a": "1"}
    assert record["request"]["headers"]["x-in"] == "v"
    assert record["response"]["status"] == 200
    assert record["response"]["headers"]["connection"] == "close"
    assert (record["route"]["name"], record["service"]["name"]) == ("all", "echo")
    assert record["upstream_uri"] == "/x?a=1"
    assert record["upstream_status"] == "200"
    assert len(record["tries"]) == 1


def test_http_log(sink: Sink) -> None:
    config = {"http_endpoint": f"http://me:pw@127.0.0.1:{sink.port}/log", "headers": {"X-Log": "1"}}
    with Gateway(given=with_plugin("http-log", config)) as gateway:
        gateway.get("/x?a=1", {"X-In": "v"})
        received = sink.arrived.get(timeout=PATIENCE)
    assert (received.method, received.path) == ("POST", "/log")
    assert received.headers["X-Log"] == "1"
    assert received.headers["Authorization"] == "Basic bWU6cHc="
    check(json.loads(received.body))


def test_http_log_collects_and_tries_again(sink: Sink) -> None:
    answers = iter([500, 200])
    sink.reply = lambda _received: Reply(status=next(answers, 200))
    batches = {"max_batch_size": 3, "max_coalescing_delay": 60, "initial_retry_delay": 0.01}
    config = {"http_endpoint": f"http://127.0.0.1:{sink.port}/log", "queue": batches}
    with Gateway(given=with_plugin("http-log", config)) as gateway:
        for number in range(4):
            gateway.get(f"/{number}")
        sent = [sink.arrived.get(timeout=PATIENCE) for _ in range(2)]
    sent.append(sink.arrived.get(timeout=PATIENCE))  # at the end, before its time
    uris = [[record["request"]["uri"] for record in json.loads(it.body)] for it in sent]
    assert uris == [["/0", "/1", "/2"], ["/0", "/1", "/2"], ["/3"]]


@pytest.mark.parametrize(
    ("config", "batch", "delay"),
    [
        ({}, 1, 1),
        ({"queue_size": 1, "flush_timeout": 2}, 1, 1),
        ({"queue_size": 7, "flush_timeout": 3}, 7, 3),
        ({"queue_size": 7, "queue": {"max_batch_size": 5, "max_coalescing_delay": 9}}, 7, 9),
        ({"queue_size": 1, "queue": {"max_batch_size": 5}}, 5, 1),
    ],
)
def test_former_names_of_the_queue_count(config: dict[str, Any], batch: int, delay: float) -> None:
    settings = HttpLog.Config.load({"http_endpoint": "http://log.test", "queue": {}} | config)
    bounds = Bounds.of(settings)
    assert (bounds.max_batch_size, bounds.max_coalescing_delay) == (batch, delay)


def test_file_log(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with Gateway(given=with_plugin("file-log", {"path": str(path), "reopen": True})) as gateway:
        gateway.get("/x?a=1", {"X-In": "v"})
        wait_for(lambda: path.exists() and path.read_bytes().endswith(b"\n"))
        path.rename(tmp_path / "old")
        gateway.get("/second")
    check(json.loads((tmp_path / "old").read_text()))
    assert json.loads(path.read_text())["request"]["uri"] == "/second"


def test_udp_log() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(PATIENCE)
        place = {"host": "127.0.0.1", "port": receiver.getsockname()[1]}
        with Gateway(given=with_plugin("udp-log", place)) as gateway:
            gateway.get("/x?a=1", {"X-In": "v"})
            check(json.loads(receiver.recv(65536)))


def test_tcp_log() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        place = {"host": "127.0.0.1", "port": server.getsockname()[1]}
        with Gateway(given=with_plugin("tcp-log", place)) as gateway:
            gateway.get("/x?a=1", {"X-In": "v"})
            connection, _ = server.accept()
            with connection, connection.makefile("rb") as lines:
                check(json.loads(lines.readline()))


def test_loggly() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(PATIENCE)
        config = {"host": "127.0.0.1", "port": receiver.getsockname()[1], "key": "token"}
        severities = {"log_level": "warning", "client_errors_severity": "err"}
        with Gateway(given=with_plugin("loggly", config | severities)) as gateway:
            gateway.get("/fine")
            gateway.upstream.reply = Reply(status=404)
            gateway.get("/lost")
            line = receiver.recv(65536).decode()
    assert line.startswith("<11>1 ")
    assert '[token@41058 tag="kong"]' in line
    assert '"uri":"/lost"' in line


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("return 'hello'", "hello"),
        ("return 1 + 1", 2),
        ("return kong.request.get_header('x-in')", "v"),
        ("return {a = 1, b = {2, 3}}", {"a": 1, "b": [2, 3]}),
        ("return string.upper(kong.request.get_method())", "GET"),
        ("return kong.router.get_route().name .. kong.response.get_source()", "allservice"),
        ("return kong.client.get_consumer()", None),
        ("return kong.request.get_headers()['x-in']", "v"),
        ("return tostring(kong.request.get_path.__globals__)", None),
        ("return io", None),
        ("error('no')", None),
    ],
)
def test_custom_fields(tmp_path: Path, code: str, expected: Any) -> None:
    config = {"path": str(tmp_path / "log"), "custom_fields_by_lua": {"mine.own": code}}
    with Gateway(given=with_plugin("file-log", config)) as gateway:
        gateway.get("/", {"X-In": "v"})
    record = json.loads((tmp_path / "log").read_text())
    assert record.get("mine", {}).get("own") == expected


async def test_a_full_queue_drops_the_oldest(caplog: pytest.LogCaptureFixture) -> None:
    sent: list[bytes] = []
    all_sent = asyncio.Event()

    async def send(batch: list[bytes]) -> None:
        sent.extend(batch)
        all_sent.set()

    bounds = Bounds(max_batch_size=10, max_coalescing_delay=0, max_entries=3)
    pending = Queue("q", bounds, send, asyncio.get_running_loop())
    for number in range(5):
        pending.put(b"%d" % number)
    task = asyncio.create_task(pending.run())
    await all_sent.wait()
    task.cancel()
    assert sent == [b"2", b"3", b"4"]
    assert caplog.text.count("the queue is full") == 1


async def test_the_end_sends_what_waits() -> None:
    sent: list[bytes] = []

    async def send(batch: list[bytes]) -> None:
        sent.extend(batch)

    pending = Queue("q", Bounds(max_batch_size=10, max_coalescing_delay=60), send, asyncio.get_running_loop())
    task = asyncio.create_task(pending.run())
    pending.put(b"last")
    await asyncio.sleep(0.01)
    assert sent == []
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert sent == [b"last"]
