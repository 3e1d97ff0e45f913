"""One page with the fields of every entity."""

from tables import fields

from gopura import entities

HEAD = """# Entities

What the Admin API stores. Every entity has a collection (`/services`) and members by id or name
(`/services/NAME`); see [the Admin API](admin-api.md). A field without a default is empty unless it is given.
"""


def pages() -> dict[str, str]:
    """The page by its path."""
    return {"entities.md": "\n".join([HEAD, *(_chapter(name) for name in sorted(entities.all()))])}


def _chapter(name: str) -> str:
    entity = entities.get(name)
    text = (entity.model.__doc__ or "").strip()
    return f"## {name}\n\n{text}\n\n{fields(entity.model.shape())}"
