"""Routes as `router_flavor = expressions` has them: one expression instead of many fields to match."""

from typing import Annotated, Any

from gopura.entities.routes import ProtocolSet
from gopura.schema import (
    CreatedAt,
    Custom,
    CustomCheck,
    Entity,
    Foreign,
    ForeignKey,
    OneOf,
    Tags,
    UpdatedAt,
    Utf8Name,
    Uuid,
)
from gopura.schema.servable import route_problem

HIGHEST_PRIORITY = 2**46 - 1


def _compiles(row: dict[str, Any]) -> str | None:
    why = route_problem(expression=row["expression"])
    return why and f"Router Expression failed validation: {why}"


def _priority(priority: int) -> str | None:
    return None if 0 <= priority <= HIGHEST_PRIORITY else f"value should be between 0 and {HIGHEST_PRIORITY}"


class ExpressionRoute(Entity, name="routes", endpoint_key="name"):
    """An expression that matches requests, and where they go."""

    checks = (CustomCheck("expression", "id", check=_compiles),)

    id: Uuid
    created_at: CreatedAt
    updated_at: UpdatedAt
    name: Utf8Name | None = None
    """The route's name."""
    protocols: ProtocolSet = ["http", "https"]
    """The protocols that requests may come by."""
    https_redirect_status_code: Annotated[int, OneOf(426, 301, 302, 307, 308)] = 426
    """What to answer when everything but the protocol matches."""
    strip_path: bool = True
    """Whether the matched part of the path is left out towards the upstream."""
    preserve_host: bool = False
    """Whether the upstream gets the request's Host header instead of the service's host."""
    request_buffering: bool = True
    """Whether the request's body is read before the upstream gets it."""
    response_buffering: bool = True
    """Whether the response's body is read before the client gets it."""
    tags: Tags | None = None
    service: Annotated[ForeignKey | None, Foreign("services")] = None
    """Where the requests go."""
    expression: str
    """What requests must be like, e.g. `http.path ^= "/a" && http.method == "GET"`."""
    priority: Annotated[int, Custom(_priority)] = 0
    """Which of several matching routes wins: the highest."""
