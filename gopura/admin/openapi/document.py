"""The whole description: groups, paths, and what these share."""

from collections.abc import Iterable
from typing import Any

from gopura.admin.openapi.components import components
from gopura.admin.openapi.groups import Groups
from gopura.admin.openapi.operations import operation
from gopura.admin.release import KONG_VERSION
from gopura.admin.router import Endpoint
from gopura.release import VERSION

Schema = dict[str, Any]

_ABOUT = f"""The Admin API of gopura, compatible with Kong Gateway {KONG_VERSION}.
Bodies may be JSON, forms or multipart; lists are read page by page by following `next`."""


def document(endpoints: Iterable[Endpoint]) -> Schema:
    """OpenAPI 3.1 for these endpoints."""
    listed = [endpoint for endpoint in endpoints if endpoint.methods]
    entities = {endpoint.entity.name: endpoint.entity for endpoint in listed if endpoint.entity is not None}
    groups = Groups(listed)
    tags = [{"name": name, "description": text} for name, text in groups.texts(listed).items()]
    return {
        "openapi": "3.1.0",
        "info": {"title": "gopura Admin API", "version": VERSION, "description": _ABOUT},
        "servers": [{"url": "/"}],
        "tags": tags,
        "paths": {endpoint.path: _path(endpoint, groups.of(endpoint)) for endpoint in listed},
        "components": components(entities),
    }


def _path(endpoint: Endpoint, group: str) -> Schema:
    return {
        method.lower(): operation(endpoint, method, handler, group)
        for method, handler in endpoint.methods.items()
    }
