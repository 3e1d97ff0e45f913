"""What plugins can look up: a misspelt entity or field is a fault of the plugin, not a refusal of everybody."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from gopura import entities
from gopura.plugin import Plugin

Check = Callable[[str, str], None]


def lookup_check(plugins: Iterable[type[Plugin]]) -> Check:
    """The check of an entity's name and a field's: LookupError when nothing can be found by them."""
    own = {model.entity().name: model.entity() for plugin in plugins for model in plugin.entities}

    def check(kind: str, field: str) -> None:
        entity = own.get(kind) or entities.bundled(kind)
        if entity is None:
            raise LookupError(f"there is no entity {kind!r}")
        if kind in entities.LEFT_OUT:
            raise LookupError(f"{kind} is not kept in memory: use `await self.node.records.find`")
        fields = ["id", *entity.unique_fields, *entity.foreign_fields]
        if field not in fields:
            raise LookupError(f"{kind} cannot be looked up by {field!r}, only by {', '.join(fields)}")

    return check
