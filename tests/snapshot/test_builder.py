"""The builder over a real store in memory, and the messages that it makes."""

import asyncio
import contextlib
import hashlib
import json

import pytest

from gopura.settings import Settings
from gopura.snapshot import Builder
from gopura.store import Store


def content_hash(entities):
    """The hash as a data plane computes it from a full message."""
    total = 0
    for entity, rows in entities.items():
        for key, text in rows.items():
            total ^= int.from_bytes(hashlib.sha256(f"{entity}\0{key}\0".encode() + text.encode()).digest())
    return f"{total:064x}"


def take_up(state, message):
    """What a data plane does with a message."""
    data = json.loads(message)
    if data["type"] == "snapshot":
        state.clear()
        changes = [
            {"entity": entity, "id": row["id"], "value": row}
            for entity, rows in data["entities"].items()
            for row in rows
        ]
    else:
        changes = data["changes"]
    for change in changes:
        rows = state.setdefault(change["entity"], {})
        if change["value"] is None:
            rows.pop(change["id"], None)
        else:
            rows[change["id"]] = json.dumps(
                change["value"], separators=(",", ":"), sort_keys=True, ensure_ascii=False
            )
    assert content_hash(state) == data["hash"]
    return data


@pytest.fixture
async def store(tmp_path):
    async with Store.of(Settings.load(None, {}, {"database": "off", "prefix": str(tmp_path)})) as store:
        yield store


@pytest.fixture
async def builder(store):
    builder = Builder(store, 4)
    await builder.load()
    following = asyncio.create_task(builder.follow())
    yield builder
    following.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await following


def consumer(number):
    return {
        "id": f"00000000-0000-0000-0000-{number:012}", "username": f"käthe {number}", "custom_id": None,
        "tags": None, "created_at": 1, "updated_at": 1,
    }  # fmt: skip


async def write(store, builder, *numbers):
    """Insert consumers in one transaction and wait for the builder."""
    changed = asyncio.Event()
    builder.on_change = changed.set
    async with store.transaction() as tx:
        for number in numbers:
            await tx.insert("consumers", consumer(number))
    await asyncio.wait_for(changed.wait(), 5)
    return tx.version


async def test_full_and_deltas_lead_to_the_same_content(store, builder):
    await write(store, builder, 1)
    early, late = {}, {}
    start = take_up(early, builder.message(0))["version"]
    await write(store, builder, 2)
    delta = take_up(early, builder.message(start))
    assert (delta["type"], delta["from"], delta["version"]) == ("delta", start, start + 1)
    take_up(late, builder.message(0))
    assert early == late
    assert builder.hash == content_hash(late)


async def test_a_delta_tells_only_the_last_state(store, builder):
    start = await write(store, builder, 1)
    state = {}
    take_up(state, builder.message(0))
    changed = asyncio.Event()
    builder.on_change = changed.set
    async with store.transaction() as tx:
        await tx.update("consumers", {**consumer(1), "username": "other"})
    async with store.transaction() as tx:
        await tx.delete("consumers", consumer(1)["id"])
    while builder.version < tx.version:
        await changed.wait()
        changed.clear()
    delta = take_up(state, builder.message(start))
    assert delta["changes"] == [{"entity": "consumers", "id": consumer(1)["id"], "value": None}]


async def test_a_transaction_is_never_split(store, builder):
    await write(store, builder, 1)
    start = builder.version
    version = await write(store, builder, 2, 3)
    delta = json.loads(builder.message(start))
    assert (delta["version"], len(delta["changes"])) == (version, 2)


async def test_what_no_data_plane_needs_makes_no_version(store, builder):
    version = await write(store, builder, 1)
    changed, heard = asyncio.Event(), []
    builder.on_change, builder.on_left_out = changed.set, heard.extend
    async with store.transaction() as tx:
        await tx.insert("parameters", {"key": "k", "value": "v", "created_at": 1})
    await asyncio.wait_for(changed.wait(), 5)
    assert (builder.version, builder.followed) == (version, tx.version)
    assert [change.entity for change in heard] == ["parameters"]
    state = {}
    take_up(state, builder.message(0))
    assert take_up(state, builder.renumbered(version - 1))["changes"] == []


async def test_entities_can_be_left_out(store, builder):
    await write(store, builder, 1, 2)
    state = {}
    take_up(state, builder.without([("consumers", consumer(1)["id"]), ("routes", "unknown")]))
    assert list(state["consumers"]) == [consumer(2)["id"]]


@pytest.mark.parametrize("start", [0, 99])
async def test_whoever_is_not_known_gets_everything(store, builder, start):
    await write(store, builder, 1)
    assert json.loads(builder.message(start))["type"] == "snapshot"


async def test_the_window_is_bounded(store, builder):
    start = await write(store, builder, 1)
    for number in range(2, 8):
        await write(store, builder, number)
    assert json.loads(builder.message(start))["type"] == "snapshot"
    assert json.loads(builder.message(builder.version - 4))["type"] == "delta"
