"""What the store needs to know about an entity: which columns its table has and what binds them."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from gopura.schema.complete import missing_value
from gopura.schema.entity import EntityType
from gopura.schema.field import UNSET, Field

EXPIRY = "expires_at"
"""The column that says when a row's ttl is over."""

ColumnKind = Literal["string", "integer", "number", "boolean", "json", "foreign"]


@dataclass(frozen=True, slots=True)
class Column:
    """One field as a column; `reference` and `on_delete` ("cascade" or None) are a foreign key's.

    `default` is what rows hold that were there before the column; None when the field has no default.
    `required`: null is no value of the field, so that rows without a default cannot be changed without giving one.
    """

    name: str
    kind: ColumnKind
    unique: bool = False
    reference: str = ""
    on_delete: str | None = None
    default: Any = None
    required: bool = False

    @property
    def sql(self) -> str:
        """The column's name in the table."""
        return f"{self.name}_id" if self.kind == "foreign" else self.name


@dataclass(frozen=True)
class Layout:
    """An entity as a table. `together` names fields that are unique in combination, null being a value.

    `dormant` columns are there as well, but nothing reads or writes them under the present settings.
    `added`: the entity came with a plugin that is not part of the product, so no migration knows its table.
    """

    name: str
    columns: tuple[Column, ...]
    key: str = "id"
    together: tuple[str, ...] = ()
    ttl: bool = False
    dormant: tuple[Column, ...] = ()
    added: bool = False

    @cached_property
    def by_name(self) -> dict[str, Column]:
        """The columns by the name of their field."""
        return {column.name: column for column in self.columns}

    @cached_property
    def foreign(self) -> tuple[Column, ...]:
        """The references to other entities."""
        return tuple(column for column in self.columns if column.kind == "foreign")

    @cached_property
    def cells(self) -> tuple[str, ...]:
        """The columns that make up a value."""
        return (*(column.sql for column in self.columns), *((EXPIRY,) if self.ttl else ()))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """What they are called in a value."""
        return (*(column.name for column in self.columns), *((EXPIRY,) if self.ttl else ()))

    @cached_property
    def converted(self) -> tuple[Column, ...]:
        """The columns that a value shows in another form."""
        return tuple(column for column in self.columns if column.kind in ("foreign", "number"))

    @cached_property
    def tagged(self) -> bool:
        """Whether entities carry tags."""
        return "tags" in self.by_name

    def key_of(self, value: dict[str, Any]) -> str:
        """The primary key in a value."""
        return str(value[self.key])


_SCALARS: dict[str, ColumnKind] = {
    "string": "string",
    "integer": "integer",
    "number": "number",
    "boolean": "boolean",
    "foreign": "foreign",
}


def stored(entity: EntityType) -> bool:
    """Whether an entity has a table: tags are kept beside those that carry them, counters live elsewhere."""
    return entity.primary_key == ("id",) or entity.name == "parameters"


def layout_of(entity: EntityType) -> Layout:
    """The table of a described entity."""
    columns = tuple(_column(name, field) for name, field in entity.fields.items())
    dormant = tuple(_column(name, field) for name, field in entity.dormant.items())
    added = not entity.model.__module__.startswith("gopura.entities.")
    return Layout(entity.name, columns, entity.primary_key[0], entity.cache_key, entity.ttl, dormant, added)


def _column(name: str, field: Field) -> Column:
    kind = _SCALARS.get(field.kind, "json")
    default = missing_value(field)
    return Column(
        name,
        kind,
        field.unique,
        field.reference or "",
        field.on_delete,
        None if default is UNSET else default,
        field.required,
    )
