"""A write that is stored is never answered as an error, and its answer says why it is not served."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from gopura.admin import create_app
from gopura.settings import Settings
from gopura.store import Store

WHY = "version 1 is stored, but not served: the data plane refuses plugins x: it is not there"


class Refusing:
    """A link whose data planes serve nothing."""

    peers: tuple[Any, ...] = ()

    def __init__(self, fault: BaseException | None = None) -> None:
        self.fault = fault

    async def served(self, version: int) -> bool:
        if self.fault:
            raise self.fault
        return False

    def shortcomings(self, version: int) -> list[str]:
        return [WHY]

    async def call(self, name: str, **params: Any) -> list[Any]:
        return []


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with Store.of(Settings.load(None, {}, {"prefix": str(tmp_path)})) as opened:
        yield opened


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (None, WHY),
        (OSError("gone"), "it is stored; whether it is served is not known"),
        (asyncio.CancelledError(), "it is stored, but not served yet: this process ends"),
    ],
)
async def test_the_answer_tells(
    store: Store, tmp_path: Path, fault: BaseException | None, words: str
) -> None:
    app = create_app(store, Settings.load(None, {}, {"prefix": str(tmp_path)}), Refusing(fault))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://admin.test") as client:
        answer = await client.post("/services", json={"host": "a"})
    assert answer.status_code == 201
    assert answer.headers["x-gopura-served"] == "false"
    assert answer.headers["x-gopura-warning"] == words
    assert len((await store.page("services")).data) == 1


async def test_who_is_cancelled_while_it_is_stored_goes_on_to_tell(store: Store) -> None:
    told = []

    async def write() -> None:
        async with store.transaction() as tx:
            await tx.insert("consumers", {"id": "a", "username": "b", "custom_id": None, "tags": None,
                                          "created_at": 1, "updated_at": 1})  # fmt: skip
            asyncio.get_running_loop().call_soon(writing.cancel)  # while the commit waits for the disk
        told.append(tx.version)
        await asyncio.sleep(0)

    writing = asyncio.ensure_future(write())
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert told == [1]
    assert await store.get("consumers", "a") is not None
