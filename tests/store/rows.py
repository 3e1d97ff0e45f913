"""Complete rows, as the Admin API makes them."""

import uuid
from typing import Any

from gopura import entities, schema
from gopura.store import Store


def numbered(number: int) -> str:
    return str(uuid.UUID(int=number))


async def everything(store: Store) -> tuple[int, dict[str, list[Any]]]:
    """The version and all entities, as a data plane's snapshot begins."""
    async with store.snapshot() as (version, rows):
        found: dict[str, list[Any]] = {}
        async for entity, some in rows:
            found.setdefault(entity, []).extend(some)
        return version, found


def row(entity: str, **given: Any) -> dict[str, Any]:
    return schema.insert(entities.get(entity), given)


def service(number: int, **given: Any) -> dict[str, Any]:
    return row("services", id=numbered(number), host="a.test", **given)


def route(number: int, service: int | None = None, **given: Any) -> dict[str, Any]:
    parent = {"id": numbered(service)} if service else None
    return row("routes", id=numbered(number), paths=["/"], service=parent, **given)


def key(number: int, consumer: int, **given: Any) -> dict[str, Any]:
    return row("keyauth_credentials", id=numbered(number), consumer={"id": numbered(consumer)}, **given)
