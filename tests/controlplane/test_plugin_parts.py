"""Parts of plugins in the control process: endpoints, answers, work, and faults that stay with their plugin."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.responses import Response

from gopura.admin import answers, create_app
from gopura.admin.call import Call
from gopura.admin.router import Endpoint
from gopura.controlplane.plugin_parts import PluginParts
from gopura.plugin import Plugin
from gopura.plugin.control import ControlPart
from gopura.settings import Settings
from gopura.store import Store


class Clerk(ControlPart):
    """Counts the services."""

    began = asyncio.Event()

    def endpoints(self) -> Iterable[Endpoint]:
        return [Endpoint("/clerk/{name}", {"GET": self.get})]

    async def get(self, call: Call) -> Response:
        return answers.json({"name": call.param("name")})

    async def answer(self, question: str, params: Mapping[str, Any]) -> Any:
        if question == "services":
            return len((await self.store.page("services")).data) + params["more"]
        return await super().answer(question, params)

    async def run(self) -> None:
        self.began.set()


class Broken(ControlPart):
    def __init__(self, store: Store, settings: Settings) -> None:
        raise RuntimeError("no paper")


class Lazy(ControlPart):
    async def run(self) -> None:
        raise RuntimeError("no wish")


def plugin(title: str, part: type[ControlPart] | None) -> type[Plugin]:
    class Made(Plugin, name=title):
        @classmethod
        def control_part(cls) -> type[ControlPart] | None:
            return part

    return Made


PLUGINS = {
    name: plugin(name, part)
    for name, part in (("clerk", Clerk), ("broken", Broken), ("lazy", Lazy), ("none", None))
}


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with Store.of(Settings.load(None, {}, {"database": "off", "prefix": str(tmp_path)})) as opened:
        yield opened


@pytest.fixture
def parts(store: Store, caplog: pytest.LogCaptureFixture) -> PluginParts:
    found = PluginParts(PLUGINS, store, Settings.load(None, {}, {"database": "off"}))
    assert "the plugin broken has no part" in caplog.text
    return found


async def test_endpoints(store: Store, parts: PluginParts) -> None:
    app = create_app(store, Settings.load(None, {}, {"database": "off"}), None, parts.endpoints())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://admin") as client:
        answer = await client.get("/clerk/ann")
        assert (answer.status_code, answer.json()) == (200, {"name": "ann"})
        assert (await client.post("/clerk/ann")).status_code == 405
        assert "/clerk/{name}" in (await client.get("/endpoints")).json()["data"]


async def test_answers(parts: PluginParts) -> None:
    assert await parts.answer("clerk", "services", {"more": 2}) == 2
    for name, question in (("clerk", "weather"), ("broken", "services"), ("none", "services"), ("x", "y")):
        with pytest.raises(LookupError):
            await parts.answer(name, question, {})


async def test_work_of_one_is_not_ended_by_the_fault_of_another(
    parts: PluginParts, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        working = asyncio.create_task(parts.run())
        await asyncio.wait_for(Clerk.began.wait(), 5)
        await asyncio.sleep(0)
        assert not working.done()
        working.cancel()
        await asyncio.wait([working])
    assert "background work of the plugin lazy failed" in caplog.text
