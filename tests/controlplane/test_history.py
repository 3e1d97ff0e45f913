"""What the control process removes from the change log."""

import asyncio
from pathlib import Path

import pytest

from gopura.controlplane import history
from gopura.settings import Settings
from gopura.store import Store
from tests.store.rows import row, service


@pytest.mark.parametrize(("days", "left"), [(0, [1, 3]), (1, [3])])
async def test_old_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, days: int, left: list[int]
) -> None:
    async with Store.of(Settings.load(None, {}, {"database": "off", "prefix": str(tmp_path)})) as store:
        async with store.transaction() as tx:
            await tx.insert("services", service(1))
            await tx.insert("sessions", row("sessions", session_id="s"))
            await tx.insert("services", service(2))
        removed = asyncio.Event()
        monkeypatch.setattr(history.log, "info", lambda *_: removed.set())
        monkeypatch.setattr(history, "_HOUR", -60)
        monkeypatch.setattr(history, "_DAY", -60)
        pruning = asyncio.create_task(history.keep_bounded(store, days))
        await asyncio.wait_for(removed.wait(), 10)
        pruning.cancel()
        async with store.reading() as reader:
            found = list(await reader.connection.scalars(store.tables.log.select().order_by("version")))
        assert found == left
