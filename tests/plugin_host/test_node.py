"""What plugins have of their node: the cache, background work, bodies with fields."""

import asyncio
import logging
import threading
from typing import Any

import pytest

from gopura.plugin import Plugin
from gopura.plugin.body import parse
from gopura.plugin.cache import Cache
from gopura.testing import Gateway


def test_cache_forgets_after_the_time_and_when_it_is_full() -> None:
    now = 0.0
    cache = Cache(capacity=2, clock=lambda: now)
    cache.set("a", 1, ttl=5)
    assert cache.get("a") == 1
    now = 5.0
    assert cache.get("a", "gone") == "gone"
    for key in "bcd":
        cache.set(key, key)
    assert [cache.get(key) for key in "bcd"] == [None, "c", "d"]
    cache.delete("d")
    assert cache.get("d") is None


async def test_cache_loads_once_for_all_who_ask_together() -> None:
    cache, loads = Cache(), 0
    go_on = asyncio.Event()

    async def load() -> int:
        nonlocal loads
        loads += 1
        await go_on.wait()
        return loads

    asking = [asyncio.create_task(cache.fetch("k", load, ttl=60)) for _ in range(5)]
    go_on.set()
    assert await asyncio.gather(*asking) == [1] * 5
    assert await cache.fetch("k", load, ttl=60) == 1


async def test_a_failed_load_is_not_kept() -> None:
    cache = Cache()

    async def fail() -> Any:
        raise ValueError("no")

    for _ in range(2):
        with pytest.raises(ValueError, match="no"):
            await cache.fetch("k", fail, ttl=60)


class Background(Plugin, name="background"):
    ticks = threading.Semaphore(0)
    stopped = threading.Event()

    def start(self) -> None:
        self.node.every(0.001, self.tick)
        self.node.spawn(self.work())

    async def tick(self) -> None:
        self.ticks.release()
        raise ValueError("a tick that fails does not end the ticking")

    async def work(self) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            self.stopped.set()


def test_background_work_goes_on_after_faults_and_ends_with_the_node(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR), Gateway(Background):
        assert all(Background.ticks.acquire(timeout=5) for _ in range(3))
        assert not Background.stopped.is_set()
    assert Background.stopped.wait(5)
    assert "a tick that fails" in caplog.text


FORM, JSON, PARTS = "application/x-www-form-urlencoded", "application/json", "multipart/form-data; boundary=b"


@pytest.mark.parametrize(
    ("kind", "body", "name", "value"),
    [
        (FORM, b"a=1&b=2", "a", "1"),
        (FORM, b"a=1&a=2", "a", ["1", "2"]),
        (FORM, b"a", "a", True),
        (FORM, b"a=%C3%A4+b", "a", "ä b"),
        (FORM + "; charset=utf-8", b"a=1", "a", "1"),
        (JSON, b'{"a": {"b": 1}}', "a", {"b": 1}),
        (PARTS, b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--b--\r\n', "a", "1"),
        (PARTS, b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--b--\r\n', "c", None),
    ],
)
def test_fields(kind: str, body: bytes, name: str, value: Any) -> None:
    fields = parse(body, kind, 100)
    assert fields is not None
    assert fields.get(name) == value


@pytest.mark.parametrize(
    ("kind", "body"), [("text/plain", b"a=1"), (JSON, b"[1]"), (JSON, b"{"), (None, b"a=1"), (FORM, None)]
)
def test_bodies_without_fields(kind: str | None, body: bytes | None) -> None:
    assert parse(body, kind, 100) is None
