"""One page with the fields of every entity."""

from tables import fields

from gopura import entities
from gopura.schema import EntityType

HEAD = """# Entities

What the Admin API stores. Every entity has a collection (`/services`) and members by id or name
(`/services/NAME`); see [the Admin API](admin-api.md). A field without a default is empty unless it is given.
"""


def pages() -> dict[str, str]:
    """The page by its path."""
    return {"entities.md": "\n".join([HEAD, *(_chapter(entity) for entity in _public())])}


def _public() -> list[EntityType]:
    return [entity for _, entity in sorted(entities.all().items()) if entity.endpoints]


def _chapter(entity: EntityType) -> str:
    text = (entity.model.__doc__ or "").strip()
    return f"## {entity.name}\n\n{text}\n\n{fields(entity.model.shape())}"
