"""One field of an entity or a record, as every part of the product sees it."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from gopura.schema.docstrings import attribute_docstrings
from gopura.schema.rule import Rule
from gopura.schema.rules import Abstract, Auto, Encrypted, Foreign, Immutable, Referenceable, Unique, UuidText
from gopura.schema.rules.marks import UniqueAcrossWorkspaces

if TYPE_CHECKING:
    from gopura.schema.shape import Shape

R = TypeVar("R", bound=Rule)


class Unset:
    """The type of `UNSET`: no value, which is something else than null."""

    def __repr__(self) -> str:
        return "UNSET"

    def __bool__(self) -> bool:
        return False


UNSET = Unset()


@dataclass(frozen=True)
class Field:
    """A field: its kind, its rules, and for compound kinds what is inside.

    `kind` is one of string, integer, number, boolean, array, set, map, record, json, foreign, any.
    `default` is UNSET when there is none. `required` fields refuse null.
    `attribute` of the class `owner` holds the value in typed objects; it is the name unless that is no identifier.
    `text` describes the type.
    """

    name: str
    kind: str
    rules: tuple[Rule, ...] = ()
    required: bool = False
    default: Any = UNSET
    text: str = ""
    elements: "Field | None" = None
    keys: "Field | None" = None
    values: "Field | None" = None
    record: "Shape | None" = None
    attribute: str = ""
    owner: type | None = None

    @property
    def description(self) -> str:
        """What it is, in a sentence: the text under the attribute, else the one of its type."""
        found = attribute_docstrings(self.owner).get(self.attribute) if self.owner else None
        return found or self.text

    def rule(self, kind: type[R]) -> R | None:
        """The field's rule of this class."""
        return next((rule for rule in self.rules if isinstance(rule, kind)), None)

    def has(self, kind: type[Rule]) -> bool:
        """Whether the field has a rule of this class."""
        return self.rule(kind) is not None

    @cached_property
    def auto(self) -> bool:
        """Filled in when missing."""
        return self.has(Auto)

    @cached_property
    def unique(self) -> bool:
        """No two entities share a value; also a way to look the entity up."""
        return self.has(Unique)

    @cached_property
    def unique_across_workspaces(self) -> bool:
        """Unique in all workspaces together."""
        return self.has(UniqueAcrossWorkspaces)

    @cached_property
    def uuid(self) -> bool:
        """A UUID."""
        return self.has(UuidText)

    @cached_property
    def immutable(self) -> bool:
        """Cannot change."""
        return self.has(Immutable)

    @cached_property
    def abstract(self) -> bool:
        """Described by the entity's variant."""
        return self.has(Abstract)

    @cached_property
    def referenceable(self) -> bool:
        """May hold a vault reference."""
        return self.has(Referenceable)

    @cached_property
    def encrypted(self) -> bool:
        """A secret."""
        return self.has(Encrypted)

    @cached_property
    def reference(self) -> str | None:
        """The entity that a foreign field refers to."""
        foreign = self.rule(Foreign)
        return foreign.reference if foreign else None

    @cached_property
    def on_delete(self) -> str | None:
        """`cascade`, or None: the referred entity cannot be deleted first."""
        foreign = self.rule(Foreign)
        return foreign.on_delete if foreign else None

    def overlaid(self, *rules: Rule, **changes: Any) -> "Field":
        """This field with some rules replaced or added, and other attributes changed."""
        kept = tuple(rule for rule in self.rules if not any(type(rule) is type(new) for new in rules))
        return replace(self, rules=kept + rules, **changes)
