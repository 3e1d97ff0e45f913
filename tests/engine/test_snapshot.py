"""Snapshots: whole or not at all, from the link and from disk."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from gopura._engine import SnapshotError
from tests.engine.proxy import Config, Proxy
from tests.servers.echo import Echo


def digest(kind: str, row: dict[str, Any]) -> int:
    text = json.dumps(row, sort_keys=True).encode()
    return int.from_bytes(hashlib.sha256(f"{kind}\0{row['id']}\0".encode() + text).digest(), "big")


def delta(start: int, version: int, total: int, *changes: tuple[str, str, dict[str, Any] | None]) -> bytes:
    listed = [
        f'{{"entity":"{kind}","id":"{key}","value":{json.dumps(row, sort_keys=True)}}}'
        for kind, key, row in changes
    ]
    head = f'{{"type":"delta","from":{start},"version":{version},"hash":"{total:064x}","changes":['
    return (head + ",".join(listed) + "]}").encode()


@pytest.fixture
def config(proxy: Proxy, echo: Echo) -> Config:
    """A route at `/a`, served as version 1."""
    config = Config()
    config.route(config.service(echo.port), paths=["/a"])
    proxy.serve(config)
    return config


def test_deltas(proxy: Proxy, config: Config) -> None:
    (old,) = config.entities["routes"]
    total = int(proxy.engine.hash, 16)
    new = old | {"id": "r2", "paths": ["/b"]}
    total ^= digest("routes", new)
    proxy.engine.commit(proxy.engine.prepare(delta(1, 2, total, ("routes", "r2", new))), {})
    assert (proxy.get("/a").status, proxy.get("/b").status) == (200, 200)
    total ^= digest("routes", old)
    proxy.engine.commit(proxy.engine.prepare(delta(2, 3, total, ("routes", old["id"], None))), {})
    assert (proxy.get("/a").status, proxy.get("/b").status) == (404, 200)
    assert (proxy.engine.version, proxy.engine.hash) == (3, f"{total:064x}")


@pytest.mark.parametrize(
    "message",
    [
        lambda total: delta(7, 8, total),
        lambda total: delta(1, 2, total ^ 1),
        lambda total: delta(1, 2, total, ("routes", "r2", {"id": "r2"})),
    ],
    ids=["another version", "another hash", "a row that was not counted"],
)
def test_what_does_not_follow(proxy: Proxy, config: Config, message: Any) -> None:
    with pytest.raises(SnapshotError) as caught:
        proxy.engine.prepare(message(int(proxy.engine.hash, 16)))
    assert caught.value.resync
    assert proxy.get("/a").status == 200


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("routes", {"paths": ["~/(unclosed"]}),
        ("routes", {"paths": "nonsense"}),
        ("services", {"port": "nonsense"}),
    ],
)
def test_bad_entities(proxy: Proxy, config: Config, kind: str, fields: dict[str, Any]) -> None:
    bad = config.add(kind, protocols=["http"], **fields)
    with pytest.raises(SnapshotError) as caught:
        proxy.engine.prepare(config.message(2))
    assert not caught.value.resync
    assert [(fault["entity"], fault["id"]) for fault in caught.value.errors] == [(kind, bad["id"])]
    assert caught.value.errors[0]["message"]
    assert (proxy.engine.version, proxy.get("/a").status) == (1, 200)


@pytest.mark.parametrize("message", [b"", b"{}", b"nonsense", b"\xff", b'{"type":"snapshot"}'])
def test_malformed_messages(proxy: Proxy, message: bytes) -> None:
    with pytest.raises(SnapshotError):
        proxy.engine.prepare(message)


def test_a_snapshot_serves_once(proxy: Proxy, config: Config) -> None:
    prepared = proxy.engine.prepare(config.message(2))
    proxy.engine.commit(prepared, {})
    with pytest.raises(RuntimeError):
        proxy.engine.commit(prepared, {})


def test_disk(proxy: Proxy, config: Config, tmp_path: Path) -> None:
    path = tmp_path / "current"
    assert proxy.engine.load(str(path)) is None
    proxy.engine.save(str(path))
    first = path.read_bytes()
    assert first.startswith(f"gopura-snapshot 1 1 {proxy.engine.hash} ".encode())
    proxy.serve(config, 2)
    proxy.engine.save(str(path))
    assert path.with_name("current.previous").read_bytes() == first
    other = Proxy()
    try:
        loaded = other.engine.load(str(path))
        assert loaded is not None
        assert (loaded.version, loaded.hash) == (2, proxy.engine.hash)
        other.engine.commit(loaded, {})
        assert other.get("/a").status == 200
    finally:
        other.stop()


@pytest.mark.parametrize("damage", [lambda it: it[:-1], lambda it: it.replace(b"/a", b"/b"), lambda _: b"x"])
def test_damaged_files(proxy: Proxy, config: Config, tmp_path: Path, damage: Any) -> None:
    path = tmp_path / "current"
    proxy.engine.save(str(path))
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(SnapshotError, match="current"):
        proxy.engine.load(str(path))


def test_plugins_are_told_apart(proxy: Proxy, config: Config) -> None:
    plugin = config.add("plugins", name="x", enabled=True, config={"a": 1}, protocols=["http"])
    prepared = proxy.engine.prepare(config.message(2))
    ((key, name, settings, whole),) = prepared.changed_plugins
    assert (key, name, json.loads(settings), json.loads(whole)) == (plugin["id"], "x", {"a": 1}, plugin)
    proxy.engine.commit(prepared, {})
    again = proxy.engine.prepare(config.message(3))
    assert (again.changed_plugins, again.removed_plugins) == ([], [])
    config.entities["plugins"].clear()
    assert proxy.engine.prepare(config.message(4)).removed_plugins == [plugin["id"]]
