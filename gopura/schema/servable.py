"""What the engine says about parts of routes, before they are stored."""

import json
from typing import Any

from gopura.schema.surroundings import surroundings


def route_problem(**part: Any) -> str | None:
    """Why the router could not serve a route with these fields, None when it could."""
    from gopura import _engine

    route = {"id": "", "protocols": ["http"], **part}
    return _engine.route_problem(surroundings.router_flavor, json.dumps(route).encode())
