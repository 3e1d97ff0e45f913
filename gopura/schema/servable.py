"""What the engine says about routes and certificates before they are stored, so that no data plane refuses them."""

import json
from typing import Any

from gopura.schema.surroundings import surroundings


def route_problem(**part: Any) -> str | None:
    """Why the router could not serve a route with these fields, None when it could."""
    from gopura import _engine

    route = {"id": "", "protocols": ["http"], **part}
    return _engine.route_problem(surroundings.router_flavor, json.dumps(route).encode())


def certificate_problem(certificate: str, key: str) -> str | None:
    """Why TLS could not present the certificate with the key, None when it could."""
    from gopura import _engine

    return _engine.certificate_problem(certificate.encode(), key.encode())
