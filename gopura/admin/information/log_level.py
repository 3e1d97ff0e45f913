"""`/debug/...`: the log level of this node, for a while."""

import asyncio
import logging
import math
from collections.abc import Iterator

from starlette.responses import Response

from gopura.admin import answers
from gopura.admin.call import Call
from gopura.admin.described import described
from gopura.admin.gateway import Gateway
from gopura.admin.router import Endpoint
from gopura.logs import LEVELS, level_name, set_level

_NODE = "/debug/node/log-level"
_CONTROL_PLANES = "/debug/cluster/control-planes-nodes/log-level/{log_level}"
_CLUSTER = "/debug/cluster/log-level/{log_level}"
_SECONDS = 60.0


class Level:
    """The level that is set for a while, and the one that comes back."""

    usual: str | None = None
    reset: asyncio.TimerHandle | None = None

    def change(self, name: str, seconds: int) -> None:
        """Set a level; the one from before the first change returns after so many seconds (0: never)."""
        if self.reset:
            self.reset.cancel()
        self.usual = self.usual or level_name(logging.getLogger().level)
        set_level(name)
        self.reset = asyncio.get_running_loop().call_later(seconds, self.restore) if seconds else None

    def restore(self) -> None:
        """Back to the usual level."""
        if self.usual:
            set_level(self.usual)
        self.usual = self.reset = None


_level = Level()


def endpoints() -> Iterator[Endpoint]:
    """This node's level; the cluster's form of it changes this node and its data planes."""
    yield Endpoint(_NODE, {"GET": get})
    yield Endpoint(_NODE + "/{log_level}", {"PUT": put})
    yield Endpoint(_CLUSTER, {"PUT": put}, guard=_elsewhere)
    yield Endpoint(_CONTROL_PLANES, {"PUT": put}, guard=_nowhere)


def _elsewhere(gateway: Gateway) -> Response | None:
    return answers.not_found() if gateway.settings.role == "control_plane" else None


def _nowhere(gateway: Gateway) -> Response | None:
    return None if gateway.settings.role == "control_plane" else answers.not_found()


@described(answer={"message": "log level: notice"})
async def get(_call: Call) -> Response:
    """The log level of this node."""
    return answers.message(f"log level: {level_name(logging.getLogger().level)}", 200)


@described(
    path={"log_level": f"One of {', '.join(f'`{name}`' for name in LEVELS)}."},
    query={"timeout": "Seconds until the usual level comes back; `0`: never, 60 when it is left out."},
    answer={"message": "log level changed"},
)
async def put(call: Call) -> Response:
    """Set another log level for a while, here and in the data plane."""
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
    _level.change(name, seconds)
    await call.gateway.ask("log_level", level=name, timeout=seconds)
    return answers.message("log level changed", 200)


def _timeout(call: Call) -> int:
    try:
        return math.ceil(float(call.query.get("timeout", call.body.value.get("timeout", _SECONDS))))
    except (TypeError, ValueError, OverflowError):
        return math.ceil(_SECONDS)
