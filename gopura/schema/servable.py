"""What the engine says about routes before they are stored, so that no data plane refuses them."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from gopura.schema.effort import spend
from gopura.schema.surroundings import surroundings


def route_problem(**part: Any) -> str | None:
    """Why the router could not serve a route with these fields, None when it could."""
    from gopura import _engine

    for pattern in _patterns(part):
        spend(pattern)
    route = {"id": "", "protocols": ["http"], **part}
    return _engine.route_problem(surroundings.router_flavor, json.dumps(route).encode())


def _patterns(part: Mapping[str, Any]) -> Iterator[str]:
    yield from (path for path in part.get("paths") or () if path.startswith("~"))
    yield from (value for values in (part.get("headers") or {}).values() for value in values)
    if isinstance(part.get("expression"), str):
        yield part["expression"]
