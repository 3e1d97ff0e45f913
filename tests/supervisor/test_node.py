"""The supervisor with a stand-in for the data process."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator

import psutil
import pytest

from gopura.settings import Settings
from gopura.supervisor import node as node_module
from gopura.supervisor.child import ChildError
from gopura.supervisor.node import Node
from gopura.supervisor.prefix import PrefixError
from gopura.supervisor.sockets import ListenError
from tests.servers.ports import free_port


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setitem(node_module.MODULES, "data", "tests.supervisor.fake_data")
    monkeypatch.setitem(node_module.ROLES, "traditional", ["data"])
    return make(tmp_path / "prefix", free_port())


def make(prefix, port, **others):
    return Settings.load(
        None,
        {},
        {
            "prefix": str(prefix),
            "proxy_listen": f"127.0.0.1:{port} reuseport",
            "status_listen": "off",
            "nginx_worker_processes": "2",
            "restart_delay_max": "0.2",
            **others,
        },
    )


@pytest.fixture
async def node(settings) -> AsyncIterator[Node]:
    node = Node(settings, foreground=False)
    node.claim()
    await node.start()
    yield node
    await node.stop(graceful=False)


async def ask(settings: Settings) -> int:
    """Process id of the data process that answers."""
    reader, writer = await asyncio.open_connection("127.0.0.1", settings.listeners("proxy_listen")[0].port)
    answer = await reader.read()
    writer.close()
    return int(answer)


def pid(node: Node) -> int:
    return node.status()["processes"]["data"]["pid"]


async def test_a_process_serves_on_the_sockets_of_the_supervisor(node, settings):
    status = node.status()
    assert await ask(settings) == status["processes"]["data"]["pid"]
    assert status["processes"]["data"]["ready"]
    assert len(node.listening["proxy_listen"][0].fds) == 2
    assert settings.path("pids", "gopura.pid").read_text() == f"{os.getpid()}\n"


async def test_a_killed_process_is_started_again_and_no_connection_is_refused(node, settings):
    before = await ask(settings)
    os.kill(before, signal.SIGKILL)
    after = await asyncio.gather(*(ask(settings) for _ in range(20)))
    assert before not in after
    assert len(set(after)) == 1


async def test_reload_replaces_the_process_and_loses_no_connection(node, settings):
    before = await ask(settings)
    answers = []

    async def load() -> None:
        while pid(node) == before:
            answers.append(await ask(settings))

    loading = asyncio.create_task(load())
    await node.reload(settings)
    after = pid(node)
    await loading
    assert after != before
    assert set(answers) <= {before, after}


async def test_a_reload_that_fails_keeps_what_runs(node, settings, tmp_path):
    before = await ask(settings)
    port = settings.listeners("proxy_listen")[0].port
    with pytest.raises(ChildError, match="told to fail"):
        await node.reload(make(tmp_path / "prefix", port, log_level="emerg"))
    assert await ask(settings) == before
    with pytest.raises(PrefixError, match="cannot change"):
        await node.reload(make(tmp_path / "other", port))
    await node.reload(settings)
    assert pid(node) != before


async def test_reload_moves_to_other_addresses(node, settings, tmp_path):
    moved, old = make(tmp_path / "prefix", free_port()), psutil.Process(pid(node))
    await node.reload(moved)
    await ask(moved)
    await asyncio.to_thread(psutil.wait_procs, [old], 10)
    with pytest.raises(ConnectionRefusedError):
        await ask(settings)


async def test_a_second_node_on_the_prefix_names_the_first(node, settings):
    with pytest.raises(PrefixError, match=rf"already runs on prefix .*: process {os.getpid()} \("):
        Node(settings, foreground=False).claim()


async def test_a_second_node_on_the_port_names_the_first(node, settings, tmp_path):
    port = settings.listeners("proxy_listen")[0].port
    other = Node(make(tmp_path / "other", port), foreground=False)
    pattern = rf"cannot listen on 127.0.0.1:{port} \(proxy_listen\): Address already in use; process \d+"
    other.claim()
    with pytest.raises(ListenError, match=pattern):
        await other.start()
    await other.stop(graceful=False)


async def test_a_process_that_fails_ends_the_start(settings, tmp_path):
    node = Node(make(tmp_path / "prefix", free_port(), log_level="emerg"), foreground=False)
    node.claim()
    with pytest.raises(ChildError, match="told to fail"):
        await node.start()
    await node.stop(graceful=False)
    assert node.prefix.running() is None
