"""Server and client of the link over a real socket."""

import asyncio
import contextlib

import pytest

from gopura.link import LinkClient, LinkServer, messages
from gopura.snapshot.encoding import delta_message, full_message

FAULT = {"entity": "routes", "id": "r", "message": "bad regex"}


class Snapshots:
    """A control plane's content: nothing but a version."""

    def __init__(self):
        self.version = 1
        self.followed = 1
        self.same_since = None
        self.sent = []

    @property
    def hash(self):
        return f"{self.same_since or self.version:064x}"

    def renumbered(self, start):
        return self.message(start)

    def message(self, start):
        self.sent.append((start, self.version))
        if start == 0:
            return full_message(self.version, self.version, {})
        return delta_message(start, self.version, self.version, [])

    def without(self, left_out):
        self.sent.append((sorted(left_out), self.version))
        return full_message(self.version, self.version, {})


class DataPlane:
    """Takes up what arrives, unless told otherwise."""

    def __init__(self):
        self.version = 0
        self.refuses = set()
        self.refuses_once = set()
        self.forgets = set()
        self.gate = asyncio.Event()
        self.gate.set()
        self.asked = asyncio.Event()
        self.calls = []

    def greeting(self):
        return messages.hello("node", self.version, f"{self.version:064x}")

    async def apply(self, message):
        self.asked.set()
        await self.gate.wait()
        version = messages.decode(message)["version"]
        if version in self.forgets:
            self.forgets.remove(version)
            return messages.resync()
        if version in self.refuses_once:
            self.refuses_once.remove(version)
            return messages.nack(version, [FAULT])
        if version in self.refuses:
            return messages.nack(version, [FAULT])
        self.version = version
        return messages.ack(version)

    async def call(self, name, params):
        self.calls.append(name)
        if name != "double":
            raise LookupError(f"there is no call {name}")
        return params["n"] * 2


@pytest.fixture
def snapshots():
    return Snapshots()


@pytest.fixture
async def server(tmp_path, snapshots):
    server = LinkServer(snapshots, 5, 20)
    async with server.listening(tmp_path / "link.sock"):
        yield server


@pytest.fixture
async def plane():
    return DataPlane()


@pytest.fixture
async def client(tmp_path, plane):
    client = LinkClient(plane, tmp_path / "link.sock", 20, 0.2, 60)
    running = asyncio.create_task(client.run())
    yield client
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


@pytest.fixture
async def connected(server, client, snapshots):
    """The data plane serves the newest version."""
    current = asyncio.Event()
    client.on_current = current.set
    await asyncio.wait_for(current.wait(), 5)
    assert await server.served(snapshots.version)
    return server


def publish(server, snapshots, version):
    snapshots.version = snapshots.followed = version
    server.announce()


async def test_a_new_data_plane_gets_everything_and_then_deltas(connected, snapshots, plane):
    publish(connected, snapshots, 2)
    assert await connected.served(2)
    assert plane.version == 2
    assert snapshots.sent == [(0, 1), (1, 2)]


async def test_one_that_is_up_to_date_gets_nothing(server, snapshots, plane, tmp_path):
    plane.version = 1
    client, current = LinkClient(plane, tmp_path / "link.sock", 20, 0.2, 60), asyncio.Event()
    client.on_current = current.set
    running = asyncio.create_task(client.run())
    await asyncio.wait_for(current.wait(), 5)
    assert await server.served(1)
    assert snapshots.sent == []
    running.cancel()


async def test_what_no_data_plane_needs_is_served_without_a_message(connected, snapshots, plane):
    waiting = asyncio.create_task(connected.served(2))
    await asyncio.sleep(0)
    snapshots.followed = 2
    connected.announce()
    assert await waiting
    assert snapshots.sent == [(0, 1)]


async def test_served_waits_for_what_was_told(connected, plane):
    connected.tell("double", n=1)
    assert await connected.served(1)
    assert plane.calls == ["double"]


async def test_an_older_version_of_the_same_content_is_renumbered(server, snapshots, plane, client):
    plane.version, snapshots.same_since = 1, 1
    snapshots.version = snapshots.followed = 3
    current = asyncio.Event()
    client.on_current = current.set
    await asyncio.wait_for(current.wait(), 5)
    assert snapshots.sent == [(1, 3)]
    assert await server.served(3)


async def test_a_burst_shares_one_delta(connected, snapshots, plane):
    plane.gate.clear()
    plane.asked.clear()
    publish(connected, snapshots, 2)
    await asyncio.wait_for(plane.asked.wait(), 5)
    for version in range(3, 10):
        publish(connected, snapshots, version)
    plane.gate.set()
    assert await connected.served(9)
    assert snapshots.sent == [(0, 1), (1, 2), (2, 9)]


async def test_a_refused_version_is_told_and_the_next_one_starts_from_what_is_served(
    connected, snapshots, plane
):
    plane.refuses = {2}
    publish(connected, snapshots, 2)
    assert not await connected.served(2)
    assert connected.faults == [FAULT]
    assert await connected.served(1)
    publish(connected, snapshots, 3)
    assert await connected.served(3)
    assert connected.faults == []
    assert snapshots.sent[-1] == (1, 3)


async def test_one_that_serves_nothing_gets_at_least_what_it_can_serve(server, snapshots, plane, client):
    plane.refuses_once = {1}
    while not await server.served(1):
        pass
    assert snapshots.sent == [(0, 1), ([("routes", "r")], 1)]
    publish(server, snapshots, 2)
    assert await server.served(2)
    assert snapshots.sent[-1] == (1, 2)


async def test_one_that_lost_its_place_gets_everything(connected, snapshots, plane):
    plane.forgets = {2}
    publish(connected, snapshots, 2)
    assert await connected.served(2)
    assert snapshots.sent == [(0, 1), (1, 2), (0, 2)]


async def test_waiting_is_bounded(connected, snapshots, plane):
    plane.gate.clear()
    publish(connected, snapshots, 2)
    assert not await connected.served(2, timeout=0.05)
    assert not await connected.served(2, timeout=0)
    plane.gate.set()
    assert await connected.served(2)


async def test_nobody_serves_while_nobody_is_connected(server):
    assert not await server.served(1)


async def test_calls(connected):
    assert await connected.call("double", n=21) == [42]
    assert await connected.call("nothing") == []


async def test_the_client_comes_back_with_what_it_has(snapshots, plane, client, tmp_path):
    for version in (1, 2):
        current = asyncio.Event()
        client.on_current = current.set
        snapshots.version = version
        async with LinkServer(snapshots, 5, 20).listening(tmp_path / "link.sock"):
            await asyncio.wait_for(current.wait(), 5)
    assert plane.version == 2
    assert snapshots.sent == [(0, 1), (1, 2)]


async def test_calls_of_a_data_plane(server, client, snapshots):
    async def answer(name, params):
        if name == "later":
            raise TimeoutError("not now")
        if name != "double":
            raise LookupError(f"there is no call {name}")
        return params["n"] * 2

    server.answer = answer
    with pytest.raises(ConnectionError):
        await client.call("double", {"n": 1})
    current = asyncio.Event()
    client.on_current = current.set
    await asyncio.wait_for(current.wait(), 5)
    assert await client.call("double", {"n": 21}) == 42
    with pytest.raises(RuntimeError, match="there is no call nothing"):
        await client.call("nothing", {})
    with pytest.raises(ConnectionError, match="not now"):
        await client.call("later", {})


async def test_why_a_version_is_not_served(connected, snapshots, plane):
    assert connected.shortcomings(1) == []
    plane.refuses = {2}
    publish(connected, snapshots, 2)
    assert not await connected.served(2)
    assert connected.shortcomings(2) == [
        "version 2 is stored, but not served: the data plane refuses routes r: bad regex"
    ]


async def test_without_a_data_plane_that_is_why(server):
    assert server.shortcomings(7) == ["version 7 is stored, but not served: no data plane is connected"]
