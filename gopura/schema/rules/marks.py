"""Marks: facts about a field that the store, the Admin API or the data plane act on."""

from dataclasses import dataclass
from typing import Any

from gopura.schema.rule import Mark


class Unique(Mark):
    """No two entities hold the same value; a unique field can be used to look the entity up."""

    key = "unique"


class UniqueAcrossWorkspaces(Mark):
    """Unique in all workspaces together."""

    key = "unique_across_ws"


class Auto(Mark):
    """Filled in when it is missing: a UUID, a random string or the present time."""

    key = "auto"


class Referenceable(Mark):
    """May hold a `{vault://...}` reference instead of the value; the data plane resolves it."""

    key = "referenceable"


class Encrypted(Mark):
    """A secret."""

    key = "encrypted"


class Abstract(Mark):
    """Described by the variant of the entity (a plugin's own configuration)."""

    key = "abstract"


class Immutable(Mark):
    """Cannot change once it is set."""

    key = "immutable"


class Required(Mark):
    """Shown as required although the annotation does not say so (elements of collections)."""

    key = "required"


class Optional(Mark):
    """Shown as `"required": false`."""

    def shown(self) -> dict[str, Any]:
        """Spell the default out."""
        return {"required": False}


class DefaultNull(Mark):
    """Shown as `"default": null`."""

    def shown(self) -> dict[str, Any]:
        """Spell the default out."""
        return {"default": None}


@dataclass(frozen=True)
class Description(Mark):
    """The text about a field whose type is used in many places; the attribute's own docstring wins."""

    text: str

    def shown(self) -> dict[str, Any]:
        """Shown with the field, not by the rule."""
        return {}


@dataclass(frozen=True)
class Named(Mark):
    """The field's name in JSON, when it cannot be the attribute's."""

    name: str


class SetOf(Mark):
    """A list without repeated elements; the order is kept."""


@dataclass(frozen=True)
class Shown(Mark):
    """Further keys for `/schemas` that follow from no other rule."""

    keys: tuple[tuple[str, Any], ...]

    def shown(self) -> dict[str, Any]:
        """The keys as given."""
        return dict(self.keys)


@dataclass(frozen=True)
class Foreign(Mark):
    """Refers to another entity by its primary key; `on_delete` says what happens to this one with it."""

    reference: str
    on_delete: str | None = None

    def shown(self) -> dict[str, Any]:
        """The entity's name, and the cascade when there is one."""
        shown = {"reference": self.reference}
        return shown | {"on_delete": self.on_delete} if self.on_delete else shown


@dataclass(frozen=True, eq=False)
class Json(Mark):
    """Any JSON value, described by a JSON schema elsewhere."""

    schema: dict[str, Any]

    def shown(self) -> dict[str, Any]:
        """The JSON schema or where to find it."""
        return {"json_schema": self.schema}
