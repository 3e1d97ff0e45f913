"""The relational tables: one for each entity, one for all tags, the change log, and counters."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.schema import SchemaItem

from gopura import entities
from gopura.store import changes, counters
from gopura.store.layout import EXPIRY, Column, Layout, layout_of, stored

# Keys must sort by their bytes everywhere, or pages would differ between databases.
_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

_TYPES: dict[str, sa.types.TypeEngine[Any]] = {
    "string": sa.Text(),
    "integer": sa.BigInteger(),
    "number": sa.Double(),
    "boolean": sa.Boolean(),
    "json": sa.JSON(none_as_null=True),
    "foreign": _KEY,
}

TOGETHER = "cache_key"
"""Holds the fields that are unique in combination; databases take no null for equal to another."""


@dataclass
class Tables:
    """The tables of these entities, in an order in which each stands after those that it refers to."""

    layouts: dict[str, Layout]
    metadata: sa.MetaData = field(default_factory=sa.MetaData)

    def __post_init__(self) -> None:
        self.log = changes.table(self.metadata)
        self.tags = _tags(self.metadata)
        self.counters = counters.table(self.metadata)
        self.of = {name: _table(layout, self.layouts, self.metadata) for name, layout in self.layouts.items()}
        self.children: dict[str, list[tuple[Layout, Column]]] = {name: [] for name in self.layouts}
        for layout in self.layouts.values():
            for column in layout.foreign:
                self.children[column.reference].append((layout, column))


def build(layouts: Iterable[Layout]) -> Tables:
    """The tables of these entities."""
    return Tables({layout.name: layout for layout in layouts})


def described() -> Tables:
    """The tables of all entities as they are described now."""
    return build(layout_of(entity) for entity in entities.all().values() if stored(entity))


def _tags(metadata: sa.MetaData) -> sa.Table:
    return sa.Table(
        "gopura_tags",
        metadata,
        sa.Column("id", _KEY, primary_key=True),
        sa.Column("entity", _KEY, primary_key=True),
        sa.Column("tag", _KEY, primary_key=True),
        sa.Index("gopura_tags_by_tag", "tag", "entity", "id"),
    )


def _table(layout: Layout, layouts: dict[str, Layout], metadata: sa.MetaData) -> sa.Table:
    return sa.Table(layout.name, metadata, *_columns(layout, layouts))


def _columns(layout: Layout, layouts: dict[str, Layout]) -> Iterator[SchemaItem]:
    for column in layout.columns + layout.dormant:
        if column.name == layout.key:
            yield sa.Column(column.sql, _KEY, primary_key=True)
        elif column.kind == "foreign":
            yield _foreign(column, layouts[column.reference])
        else:
            yield sa.Column(column.sql, _TYPES[column.kind], unique=column.unique or None)
    if len(layout.together) > 1:
        yield sa.Column(TOGETHER, _KEY, unique=True)
    if layout.ttl:
        yield sa.Column(EXPIRY, sa.Double, index=True)


def _foreign(column: Column, parent: Layout) -> sa.Column[str]:
    rule = "CASCADE" if column.on_delete == "cascade" else "RESTRICT"
    key = sa.ForeignKey(f"{parent.name}.{parent.key}", ondelete=rule)
    return sa.Column(column.sql, _KEY, key, index=not column.unique or None, unique=column.unique or None)
