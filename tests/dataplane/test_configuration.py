"""What a data process does with messages, with the real engine and the control plane's own encoding."""

import json
import logging

import pytest

from gopura._engine import Engine
from gopura.dataplane.configuration import Configuration
from gopura.dataplane.event_loop import PluginLoop
from gopura.dataplane.plugins import PluginHost
from gopura.link import messages
from gopura.plugin.discovery import Found
from gopura.plugin.node import Node
from gopura.snapshot.content import Content
from gopura.snapshot.window import Step, Window

SERVICE = {
    "id": "11111111-1111-1111-1111-111111111111", "name": "söme", "host": "h", "port": 80, "protocol": "http",
    "path": None, "retries": 5, "connect_timeout": 1, "read_timeout": 1, "write_timeout": 1, "enabled": True,
}  # fmt: skip
ROUTE = {
    "id": "22222222-2222-2222-2222-222222222222", "name": "r", "paths": ["/r"], "service": {"id": SERVICE["id"]},
    "protocols": ["http"], "strip_path": True, "preserve_host": False, "path_handling": "v0", "regex_priority": 0,
    "https_redirect_status_code": 426, "request_buffering": True, "response_buffering": True, "created_at": 1,
}  # fmt: skip


@pytest.fixture
def make(tmp_path):
    """Makes the configuration of a data process that starts with this prefix."""
    loop = PluginLoop()
    loop.close()
    node = Node("node", lambda *_: None, loop)

    def build():
        engine = Engine(json.dumps({"prefix": str(tmp_path), "proxy_error_log": "/dev/stderr"}).encode())
        return Configuration(engine, PluginHost(Found(), node, loop), node, tmp_path / "current", 0.01)

    return build


@pytest.fixture
def content():
    content = Content(5)
    content.add("services", [SERVICE])
    content.add("routes", [ROUTE])
    return content


def delta(content, entity, key, value, version):
    """Change the content, and the message that tells so."""
    window = Window(content.version, 10)
    start, content.version = content.version, version
    window.add(Step(version, entity, key, content.put(entity, key, value)))
    return window.delta(start, version, content.total)


def greeting(configuration):
    hello = messages.decode(configuration.greeting())
    return hello["version"], hello["hash"]


async def test_a_snapshot_and_deltas_are_served(make, content):
    configuration = make()
    assert greeting(configuration)[0] == 0
    assert await configuration.apply(content.message()) == messages.ack(5)
    assert greeting(configuration) == (5, content.hash)
    changed = delta(content, "routes", ROUTE["id"], {**ROUTE, "paths": ["/ü"]}, 7)
    assert await configuration.apply(changed) == messages.ack(7)
    assert await configuration.apply(delta(content, "routes", ROUTE["id"], None, 8)) == messages.ack(8)
    assert greeting(configuration) == (8, content.hash)


async def test_another_content_than_the_control_planes_asks_for_all(make, content):
    configuration = make()
    await configuration.apply(content.message())
    content.put("services", "x", {**SERVICE, "id": "x"})
    changed = delta(content, "routes", ROUTE["id"], None, 6)
    assert await configuration.apply(changed) == messages.resync()
    assert greeting(configuration)[0] == 5
    assert await configuration.apply(content.message()) == messages.ack(6)


async def test_a_delta_for_another_version_asks_for_all(make, content):
    assert await make().apply(delta(content, "routes", ROUTE["id"], None, 6)) == messages.resync()


async def test_what_cannot_be_served_is_named_and_changes_nothing(make, content):
    configuration = make()
    await configuration.apply(content.message())
    before = greeting(configuration)
    bad = delta(content, "routes", ROUTE["id"], {**ROUTE, "paths": ["~/("]}, 6)
    answer = messages.decode(await configuration.apply(bad))
    assert (answer["type"], answer["version"]) == ("nack", 6)
    assert [(fault["entity"], fault["id"]) for fault in answer["errors"]] == [("routes", ROUTE["id"])]
    assert greeting(configuration) == before


@pytest.mark.parametrize(
    "message", [b"", b"{}", b'{"type":"snapshot","version":3', b'{"type":"snapshot","version":3}']
)
async def test_nonsense_changes_nothing(make, content, message):
    configuration = make()
    await configuration.apply(content.message())
    assert messages.decode(await configuration.apply(message))["type"] in ("nack", "resync")
    assert greeting(configuration)[0] == 5


async def test_what_was_saved_is_loaded(make, content, tmp_path):
    configuration = make()
    assert not await configuration.load()
    await configuration.apply(content.message())
    await configuration.save()
    again = make()
    assert await again.load()
    assert greeting(again) == (5, content.hash)


async def test_a_corrupt_file_falls_back_to_the_one_before(make, content, tmp_path, caplog):
    configuration = make()
    await configuration.apply(content.message())
    await configuration.save()
    await configuration.apply(delta(content, "routes", ROUTE["id"], None, 6))
    await configuration.save()
    (tmp_path / "current").write_bytes((tmp_path / "current").read_bytes()[:-1])
    again = make()
    with caplog.at_level(logging.ERROR):
        assert await again.load()
    assert greeting(again)[0] == 5
    assert "the checksum is wrong" in caplog.text
