"""The snapshot on disk: kept, checked, and used when nothing else is there."""

import shutil
import uuid
from contextlib import contextmanager

import pytest

from gopura.settings import Settings
from gopura.store import Store


@pytest.fixture(scope="module")
def prefix(nodes, tmp_path_factory):
    """A stopped gateway, and a copy of its prefix with the route `/saved` and, one snapshot before, `/earlier`."""
    node = nodes()
    node.add_route("earlier")
    node.gateway.halt()
    node.gateway.start()
    node.get("/")  # answered once the data plane serves
    node.add_route("saved")
    node.gateway.halt()
    copy = tmp_path_factory.mktemp("saved") / "prefix"
    shutil.copytree(node.gateway.prefix, copy)
    return node, copy


@pytest.fixture
def saved(prefix):
    """That gateway, as it was when it was stopped."""
    node, copy = prefix
    shutil.rmtree(node.gateway.prefix)
    shutil.copytree(copy, node.gateway.prefix)
    yield node
    node.gateway.halt()


def snapshot(node, name="current"):
    return node.gateway.prefix / "snapshot" / name


@contextmanager
def started(node):
    """Running by its command alone, which does not need the Admin API to answer."""
    result = node.command("start", "--daemon")
    assert result.returncode == 0, result.stderr
    yield
    assert node.command("stop").returncode == 0


def test_a_restart_keeps_everything(saved):
    saved.gateway.start()
    assert saved.get("/saved") == 200
    assert saved.admin.get("/routes/saved").status_code == 200


def break_database(node):
    for path in node.gateway.prefix.glob("gopura.sqlite*"):
        path.unlink()
    (node.gateway.prefix / "gopura.sqlite").write_bytes(b"this is no database" * 100)


def test_without_a_control_plane_traffic_is_served_from_disk(saved):
    break_database(saved)
    with started(saved):
        assert saved.get("/saved") == 200
    assert "no control process, traffic is served from the saved snapshot" in saved.errors()


@pytest.mark.parametrize("damage", [b"", b"garbage", None])
def test_a_corrupt_snapshot_is_told_and_not_served(saved, damage):
    good = snapshot(saved).read_bytes()
    snapshot(saved).write_bytes(good[:-10] + b"0123456789" if damage is None else damage)
    saved.gateway.start()
    assert saved.get("/saved") == 200, saved.errors()
    assert "the saved snapshot cannot be used" in saved.errors()


def test_when_the_newest_is_corrupt_the_one_before_serves(saved):
    break_database(saved)
    snapshot(saved).write_bytes(b"garbage")
    with started(saved):
        assert (saved.get("/earlier"), saved.get("/saved")) == (200, 404)


async def test_an_entity_that_cannot_be_served_does_not_keep_the_others_from_it(saved):
    settings = Settings.load(None, {}, {"prefix": str(saved.gateway.prefix)})
    async with Store.of(settings) as store, store.transaction() as tx:
        route = await store.get_by("routes", "name", "saved")
        assert route is not None
        bad = {**route, "id": str(uuid.uuid4()), "name": "bad", "paths": ["~/("]}
        await tx.insert("routes", bad)
    shutil.rmtree(saved.gateway.prefix / "snapshot")
    saved.gateway.start()
    assert saved.get("/saved") == 200
    assert f"routes {bad['id']}: " in saved.errors()
    saved.add_route("later")
    assert saved.get("/later") == 200
