"""One page that lists the entities; each has its fields and paths on a page of the Admin API."""

from tables import table

from gopura import entities
from gopura.schema import EntityType

HEAD = """# Entities

What the Admin API stores. Every entity has a collection (`/services`) and members by id or name
(`/services/NAME`); see [the Admin API](admin-api.md). A field without a default is empty unless it is given.
The name on the left is that in declarative files.
"""


def pages() -> dict[str, str]:
    """The page by its path."""
    rows = [(f"`{one.name}`", _link(one), _about(one)) for one in _public()]
    return {"entities.md": f"{HEAD}\n{table(('entity', 'paths and fields', 'what it is'), rows)}"}


def _public() -> list[EntityType]:
    return [entity for _, entity in sorted(entities.all().items()) if entity.endpoints]


def _link(entity: EntityType) -> str:
    return f"[`/{entity.admin_name}`](admin-api/{entity.admin_name}.md)"


def _about(entity: EntityType) -> str:
    return (entity.model.__doc__ or "").strip().split("\n\n")[0]
