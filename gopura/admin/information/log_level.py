"""`/debug/...`: the log level of this node, for a while."""

import asyncio
import logging
import math
from collections.abc import Iterator

from starlette.responses import Response

from gopura.admin import answers
from gopura.admin.call import Call
from gopura.admin.router import Endpoint
from gopura.logs import LEVELS, level_name

_NODE = "/debug/node/log-level"
_CLUSTER = "/debug/cluster/log-level/{log_level}"
_CONTROL_PLANES = "/debug/cluster/control-planes-nodes/log-level/{log_level}"
_SECONDS = 60.0

_resets: set[asyncio.TimerHandle] = set()


def endpoints() -> Iterator[Endpoint]:
    """This node's level; the cluster's form of it changes this node and its data planes."""
    yield Endpoint(_NODE, {"GET": get})
    yield Endpoint(_NODE + "/{log_level}", {"PUT": put})
    yield Endpoint(_CLUSTER, {"PUT": put})


async def get(_call: Call) -> Response:
    """The level in words."""
    return answers.message(f"log level: {level_name(logging.getLogger().level)}", 200)


async def put(call: Call) -> Response:
    """Another level for `timeout` seconds (60; 0: for good), here and in the data plane."""
    name = call.param("log_level")
    if call.gateway.settings.database == "off":
        return answers.message("cannot change log level when not using a database", 405)
    if name not in LEVELS:
        return answers.message(f"unknown log level: {name}", 400)
    seconds = _timeout(call)
    if seconds < 0:
        return answers.message("timeout must be greater than or equal to 0", 400)
    if logging.getLogger().level == LEVELS[name]:
        return answers.message(f"log level is already {name}", 200)
    await _change(call, name, seconds)
    return answers.message("log level changed", 200)


def _timeout(call: Call) -> int:
    try:
        return math.ceil(float(call.query.get("timeout", call.body.value.get("timeout", _SECONDS))))
    except (TypeError, ValueError, OverflowError):
        return math.ceil(_SECONDS)


async def _change(call: Call, name: str, seconds: int) -> None:
    logger = logging.getLogger()
    before = logger.level
    logger.setLevel(LEVELS[name])
    await call.gateway.link.call("log_level", level=name, timeout=seconds)
    for reset in _resets:
        reset.cancel()
    _resets.clear()
    if seconds:
        _resets.add(asyncio.get_running_loop().call_later(seconds, logger.setLevel, before))
