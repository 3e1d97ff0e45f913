"""The plugin host keeps a broken plugin from the node."""

import json
import logging
from typing import Any

import pytest

from gopura.dataplane.event_loop import PluginLoop
from gopura.dataplane.plugins import PluginHost, UnusableError
from gopura.plugin import Plugin, config
from gopura.plugin.discovery import Found
from gopura.plugin.node import Node
from gopura.plugins.pre_function import PreFunction


class Steady(Plugin, name="steady", priority=1):
    class Config(config.Record):
        size: int = 1

    started = 0
    configured: list[list[Any]]

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        type(self).configured = []

    def start(self) -> None:
        type(self).started += 1

    def configure(self, configs: list[Any]) -> None:
        self.configured.append(configs)

    def access(self, exchange: Any, config: Any) -> None:
        """Let it pass."""


class BrokenAtStart(Steady, name="broken-start", priority=2):
    def start(self) -> None:
        raise OSError("cannot start")


class BrokenConfigure(Steady, name="broken-configure", priority=3):
    def configure(self, configs: list[Any]) -> None:
        raise OSError("cannot configure")


class BrokenInit(Steady, name="broken-init", priority=4):
    def __init__(self, node: Node) -> None:
        raise OSError("cannot be made")


@pytest.fixture
def host() -> PluginHost:
    plugins: list[type[Plugin]] = [BrokenAtStart, BrokenConfigure, BrokenInit, PreFunction, Steady]
    loop = PluginLoop()
    node = Node("node", lambda *_: None, loop)
    made = PluginHost(Found({plugin.name: plugin for plugin in plugins}), node, loop)
    loop.close()
    return made


def change(key: str, name: str, **settings: Any) -> tuple[str, str, bytes, bytes]:
    entity = {"id": key, "name": name, "config": settings}
    return key, name, json.dumps(settings).encode(), json.dumps(entity).encode()


def test_all_others_run(host: PluginHost, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        host.start()
        changes = [change("1", "steady"), change("2", "broken-init")]
        bound = host.bind(changes, [])
        host.committed()
    assert Steady.started == 1
    assert {key: plugin.name for key, plugin in bound.items()} == {"1": "steady", "2": "broken-init"}
    assert host.refusing() == [("2", "broken-init")]
    assert len(Steady.configured[-1]) == 1
    for text in (
        "broken-start cannot be started",
        "broken-configure cannot be told its configurations",
        "broken-init is configured but not loaded by this node: its requests are refused",
    ):
        assert text in caplog.text


def test_a_configuration_that_cannot_be_used_is_named(host: PluginHost) -> None:
    with pytest.raises(UnusableError) as caught:
        host.bind([change("1", "steady", size="large"), change("2", "steady")], [])
    assert caught.value.faults == [("1", "steady: schema violation (config.size: expected an integer)")]


def test_of_a_whole_snapshot_requests_of_what_cannot_be_used_are_refused(
    host: PluginHost, caplog: pytest.LogCaptureFixture
) -> None:
    changes = [change("1", "steady", size="hidden"), change("2", "steady", other=1), change("3", "steady")]
    bound = host.bind(changes, [], whole=True)
    assert {key: plugin.config is None for key, plugin in bound.items()} == {"1": True, "2": True, "3": False}
    assert {plugin.priority for plugin in bound.values() if plugin.config is None} == {1_000_000}
    for text in (
        "plugins 1, steady: schema violation (config.size: expected an integer): its requests are refused",
        "plugins 2, steady: schema violation (config.other: unknown field): its requests are refused",
    ):
        assert text in caplog.text
    assert "hidden" not in caplog.text
    assert "secret" not in caplog.text
