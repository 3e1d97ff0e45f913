"""Following a shared database goes on when a question is never answered."""

import asyncio
from typing import cast

import pytest
import sqlalchemy as sa

from gopura.store.location import Location
from gopura.store.store import Store
from gopura.store.watch import Watch
from tests.servers.ports import free_port


class Hanging:
    """A store whose database does not answer the first question."""

    def __init__(self) -> None:
        self.asked = 0
        self.announced: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def version(self) -> int:
        self.asked += 1
        if self.asked == 1:
            await asyncio.Event().wait()
        return 7

    def announce(self, version: int) -> None:
        if not self.announced.done():
            self.announced.set_result(version)


async def test_a_question_that_is_never_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gopura.store.watch._POLL_SECONDS", 0.01)
    store = Hanging()
    url = sa.URL.create("postgresql", host="127.0.0.1", port=free_port())
    watch = Watch(cast(Store, store), Location("postgres", url, {"timeout": 0.05}))
    watch.start()
    try:
        assert await asyncio.wait_for(store.announced, 5) == 7
    finally:
        await watch.stop()
