"""`/proxy-cache`: the responses that the data planes keep."""

from collections.abc import Iterator
from typing import Any

from starlette.responses import Response

from gopura.admin import answers
from gopura.admin.call import Call
from gopura.admin.described import described
from gopura.admin.router import Endpoint


def endpoints() -> Iterator[Endpoint]:
    """All responses, one by its key, and one of a certain use of the plugin."""
    yield Endpoint("/proxy-cache", {"DELETE": flush})
    yield Endpoint("/proxy-cache/{cache_key}", {"GET": get, "DELETE": purge})
    yield Endpoint("/proxy-cache/{plugin_id}/caches/{cache_key}", {"GET": get, "DELETE": purge})


async def flush(call: Call) -> Response:
    """Forget all kept responses."""
    await _ask(call, "flush")
    return answers.empty()


_PATH = {
    "cache_key": "The key that the response header `X-Cache-Key` tells.",
    "plugin_id": "The `id` of a plugin entity: nothing is found unless it is a proxy-cache.",
}


@described(path=_PATH)
async def get(call: Call) -> Response:
    """Show a kept response."""
    found = await _ask(call, "find", key=call.param("cache_key")) if await _exists(call) else []
    kept = next(filter(None, found), None)
    return answers.not_found() if kept is None else answers.json(kept)


@described(path=_PATH)
async def purge(call: Call) -> Response:
    """Forget a kept response."""
    found = await _ask(call, "purge", key=call.param("cache_key")) if await _exists(call) else []
    return answers.empty() if any(found) else answers.not_found()


async def _ask(call: Call, question: str, **params: Any) -> list[Any]:
    return await call.gateway.link.call("plugin", plugin="proxy-cache", question=question, params=params)


async def _exists(call: Call) -> bool:
    """Whether the use of the plugin that the path names, if it does, is there."""
    if "plugin_id" not in call.params:
        return True
    async with call.reading() as reader:
        plugin = await reader.get("plugins", call.param("plugin_id"))
    return plugin is not None and plugin["name"] == "proxy-cache"
