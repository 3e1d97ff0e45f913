"""Start, drain, stop, and what is written meanwhile."""

import json
import os
import re
import threading
from pathlib import Path

import pytest

from tests.engine.proxy import Config, Proxy, parse
from tests.servers.echo import Echo
from tests.waiting import PATIENCE, wait_for


def serve(proxy: Proxy, echo: Echo) -> None:
    config = Config()
    config.route(config.service(echo.port), paths=["/"], strip_path=False)
    proxy.serve(config)


def test_draining_loses_nothing(proxy: Proxy, echo: Echo) -> None:
    serve(proxy, echo)
    answers = []
    slow = threading.Thread(target=lambda: answers.append(proxy.get("/held")))
    with proxy.connect() as idle, proxy.connect(proxy.status_port) as watching:

        def draining() -> bool:
            watching.sendall(b"GET /status/ready HTTP/1.1\r\nHost: a\r\n\r\n")
            return b"draining" in watching.recv(65536)

        assert not draining()
        idle.sendall(b"GET /status/204 HTTP/1.1\r\nHost: a\r\n\r\n")
        assert parse(idle.recv(65536)).header("connection") == "keep-alive"
        slow.start()
        wait_for(lambda: any(received.target == "/held" for received in list(echo.received)))
        drained = []
        drain = threading.Thread(target=lambda: drained.append(proxy.engine.drain(PATIENCE)))
        drain.start()
        wait_for(draining)
        idle.sendall(b"GET /status/204 HTTP/1.1\r\nHost: a\r\n\r\n")
        last = parse(idle.recv(65536))
        assert (last.status, last.header("connection")) == (204, "close")
        assert idle.recv(10) == b""
    assert drained == []
    echo.release()
    slow.join()
    drain.join()
    assert (answers[0].status, drained) == (200, [True])


def test_drain_has_a_limit(proxy: Proxy, echo: Echo) -> None:
    serve(proxy, echo)
    slow = threading.Thread(target=proxy.get, args=("/held",))
    slow.start()
    wait_for(lambda: proxy.engine.counters()["connections_active"] > 0)
    assert not proxy.engine.drain(0.2)
    echo.release()
    slow.join()


def test_counters(proxy: Proxy, echo: Echo) -> None:
    serve(proxy, echo)
    for _ in range(3):
        proxy.get("/")
    counters = proxy.engine.counters()
    assert (counters["connections_accepted"], counters["total_requests"]) == (3, 3)


def test_connections_beyond_the_limit_wait(echo: Echo) -> None:
    proxy = Proxy(nginx_events_worker_connections="1")
    try:
        serve(proxy, echo)
        with proxy.connect() as first, proxy.connect() as second:
            for connection in (first, second):
                connection.sendall(b"GET /status/204 HTTP/1.1\r\nHost: a\r\n\r\n")
            assert parse(first.recv(65536)).status == 204
            second.settimeout(0.2)
            with pytest.raises(TimeoutError):
                second.recv(65536)
            first.close()
            second.settimeout(PATIENCE)
            assert parse(second.recv(65536)).status == 204
    finally:
        proxy.stop()


def test_start_twice(proxy: Proxy) -> None:
    with pytest.raises(RuntimeError):
        proxy.engine.start()


def test_log_level(proxy: Proxy) -> None:
    proxy.engine.set_log_level("debug")
    proxy.engine.set_log_level("crit")
    with pytest.raises(ValueError, match="loud"):
        proxy.engine.set_log_level("loud")


def test_what_the_status_api_asks_for(proxy: Proxy) -> None:
    for path in ("/metrics", "/upstreams/a/health"):
        assert proxy.status(path).status == 404
    proxy.engine.set_status_source(lambda method, target: (200, f"{method} {target}\n"))
    for path in ("/metrics?a=1", "/upstreams/a/targets"):
        answer = proxy.status(path)
        assert (answer.status, answer.body) == (200, f"GET {path}\n".encode())
    assert [proxy.status(path).status for path in ("/upstreams", "/", "/metric")] == [404] * 3
    proxy.engine.set_status_source(lambda method, target: None)
    assert proxy.status("/metrics").status == 404
    proxy.engine.set_status_source(lambda method, target: 1 / 0)  # type: ignore[arg-type,return-value]
    assert proxy.status("/metrics").status == 500
    assert proxy.status("/status").status == 200


def test_memory_in_the_status_api(proxy: Proxy) -> None:
    proxy.engine.set_memory(3 << 19, 2 << 30, 4 << 30)
    found = proxy.status("/status").json()["memory"]
    assert found == {
        "workers_lua_vms": [{"pid": os.getpid(), "http_allocated_gc": "1.50 MiB"}],
        "lua_shared_dicts": {"kong": {"allocated_slabs": "2048.00 MiB", "capacity": "4096.00 MiB"}},
    }
    answer = proxy.status("/status?unit=x")
    problem = "invalid unit 'x' (expected 'k/K', 'm/M', or 'g/G')"
    assert (answer.status, answer.json()) == (400, {"message": problem})


def lines_after(path: Path, proxy: Proxy) -> list[str]:
    proxy.get('/x"y', User_Agent="a\\b")
    wait_for(lambda: path.read_text().endswith("\n"))
    return path.read_text().splitlines()


def test_access_log(echo: Echo, tmp_path: Path) -> None:
    proxy = Proxy(prefix=str(tmp_path), proxy_access_log="access.log")
    try:
        serve(proxy, echo)
        (line,) = lines_after(tmp_path / "access.log", proxy)
        assert re.fullmatch(
            r"127\.0\.0\.1 - - \[\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d \+0000\] "
            r'"GET /x\\x22y HTTP/1\.1" 200 \d+ "-" "a\\x5Cb" kong_request_id: "[0-9a-f]{32}"',
            line,
        )
        (tmp_path / "access.log").rename(tmp_path / "old.log")
        proxy.engine.reopen_logs()
        wait_for((tmp_path / "access.log").exists)
        assert lines_after(tmp_path / "access.log", proxy)
    finally:
        proxy.stop()


def test_access_log_in_json(echo: Echo, tmp_path: Path) -> None:
    proxy = Proxy(prefix=str(tmp_path), proxy_access_log="access.log", log_format="json")
    try:
        serve(proxy, echo)
        (line,) = map(json.loads, lines_after(tmp_path / "access.log", proxy))
        assert (line["target"], line["status"], line["http_version"]) == ('/x"y', 200, 1.1)
        assert line["upstream"] == f"127.0.0.1:{echo.port}"
    finally:
        proxy.stop()
