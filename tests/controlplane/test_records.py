"""What plugins write goes into the store and comes back, and nothing else does."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from gopura.controlplane.records import Records as Keeper
from gopura.controlplane.records import forget
from gopura.plugin.records import Records
from gopura.settings import Settings
from gopura.store import Store


class Plane:
    """A data plane's records on a control plane's, without a link between them."""

    def __init__(self, store: Store) -> None:
        self.store, self.keeper, self.asked = store, Keeper(store), 0
        self.records = Records(self.ask)

    async def ask(self, name: str, params: Mapping[str, Any]) -> Any:
        self.asked += 1
        return await self.keeper.answer(name, dict(params))

    async def hear(self, after: int) -> None:
        """Tell what has changed since a version, as the control plane does."""

        def tell(name: str, rows: list[tuple[str, dict[str, Any]]]) -> None:
            assert name == "forget"
            self.records.forget_rows(rows)

        forget(await self.store.changes(after), tell)


@pytest.fixture
async def plane(tmp_path: Path) -> AsyncIterator[Plane]:
    settings = Settings.load(None, {}, {"database": "off", "prefix": str(tmp_path)})
    async with Store.of(settings) as store:
        yield Plane(store)


async def test_rows_live_and_go(plane: Plane) -> None:
    added = await plane.records.insert("sessions", {"session_id": "s", "data": "1"}, ttl=50)
    assert added["session_id"] == "s"
    assert 40 < added["ttl"] <= 50  # whole seconds that are left
    found = await plane.records.find("sessions", "session_id", "s")
    assert found is not None and found["id"] == added["id"]
    updated = await plane.records.update("sessions", added, {"data": "2"}, ttl=90)
    assert updated is not None and updated["data"] == "2"
    assert 80 < updated["ttl"] <= 90
    assert await plane.records.delete("sessions", added)
    assert not await plane.records.delete("sessions", added)
    assert await plane.records.update("sessions", added, {"data": "3"}) is None


async def test_rows_are_kept_until_they_change(plane: Plane) -> None:
    assert await plane.records.find("sessions", "session_id", "s") is None
    version = await plane.store.version()
    added = await plane.records.insert("sessions", {"session_id": "s", "data": "1"})
    await plane.hear(version)
    asked = plane.asked
    for _ in range(3):
        assert await plane.records.find("sessions", "session_id", "s") is not None
    assert plane.asked == asked + 1
    version = await plane.store.version()
    await plane.records.delete("sessions", added)
    await plane.hear(version)
    assert await plane.records.find("sessions", "session_id", "s") is None


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("insert", {"entity": "consumers", "row": {"username": "x"}, "ttl": None}),
        ("find", {"entity": "certificates", "field": "id", "value": "x"}),
        ("find", {"entity": "sessions", "field": "nothing", "value": "x"}),
        ("drop", {"entity": "sessions"}),
    ],
)
async def test_the_configuration_is_out_of_reach(plane: Plane, name: str, params: dict[str, Any]) -> None:
    with pytest.raises(LookupError):
        await plane.keeper.answer(name, params)


async def test_long_values_are_not_asked_for(plane: Plane) -> None:
    assert await plane.records.find("sessions", "session_id", "x" * 1000) is None
    assert plane.asked == 0
