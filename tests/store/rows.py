"""Complete rows, as the Admin API makes them."""

import uuid
from typing import Any

from gopura import entities, schema


def numbered(number: int) -> str:
    return str(uuid.UUID(int=number))


def row(entity: str, **given: Any) -> dict[str, Any]:
    return schema.insert(entities.get(entity), given)


def service(number: int, **given: Any) -> dict[str, Any]:
    return row("services", id=numbered(number), host="a.test", **given)


def route(number: int, service: int | None = None, **given: Any) -> dict[str, Any]:
    parent = {"id": numbered(service)} if service else None
    return row("routes", id=numbered(number), paths=["/"], service=parent, **given)


def key(number: int, consumer: int, **given: Any) -> dict[str, Any]:
    return row("keyauth_credentials", id=numbered(number), consumer={"id": numbered(consumer)}, **given)
