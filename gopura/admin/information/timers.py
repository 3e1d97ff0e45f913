"""`/timers`: what runs in the control process's event loop."""

import asyncio
from collections import Counter
from collections.abc import Iterator

from starlette.responses import Response

from gopura.admin import answers
from gopura.admin.call import Call
from gopura.admin.described import described
from gopura.admin.router import Endpoint


def endpoints() -> Iterator[Endpoint]:
    """The endpoint."""
    yield Endpoint("/timers", {"GET": get})


@described(answer={"worker": {"id": 0, "count": 1}, "stats": {"sys": {"running": 3}, "timers": {}}})
async def get(_call: Call) -> Response:
    """The tasks by what they run, in the shape of Kong's timers."""
    names = Counter(getattr(task.get_coro(), "__qualname__", "task") for task in asyncio.all_tasks())
    total = sum(names.values())
    timers = {name: {"name": name, "is_running": True, "count": count} for name, count in names.items()}
    system = {"total": total, "runs": total, "running": total, "pending": 0, "waiting": 0}
    flamegraph = dict.fromkeys(("running", "pending", "elapsed_time"), "")
    stats = {"sys": system, "timers": timers, "flamegraph": flamegraph}
    return answers.json({"worker": {"id": 0, "count": 1}, "stats": stats})
