"""Entities: what the Admin API manages, the store keeps and the data plane runs on."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any, ClassVar, Self

from gopura.schema import wording
from gopura.schema.core import refusal
from gopura.schema.description_error import DescriptionError
from gopura.schema.field import Field
from gopura.schema.record import Record
from gopura.schema.referred import partial_problems
from gopura.schema.shape import Shape
from gopura.schema.violation import Tree


@dataclass(frozen=True)
class EntityType:
    """All facts about one entity.

    name: the plural, as in URLs and declarative files.
    shape: fields, checks, shorthands, transformations.
    model: the Pydantic class of the typed objects.
    primary_key: names of the fields that identify a row; all entities but tags have `("id",)`.
    endpoint_key: a unique field that may stand for the id in URLs, or None.
    cache_key: fields that together must be unique (one plugin per name and scope, one group per consumer).
    ttl: rows may carry a `ttl` in seconds, after which they vanish.
    admin_name: the first segment of its URLs; nested_name: the segment below a parent's URL.
    endpoints: whether it has URLs of its own and below its parents.
    workspaceable: belongs to a workspace.
    variant_key: the field whose value chooses among `variants`.
    dormant: fields that the entity has under other settings; they are stored, so that changing the setting is safe.
    """

    name: str
    shape: Shape
    model: "type[Entity]"
    primary_key: tuple[str, ...] = ("id",)
    endpoint_key: str | None = None
    cache_key: tuple[str, ...] = ()
    ttl: bool = False
    admin_name: str = ""
    nested_name: str = ""
    endpoints: bool = True
    workspaceable: bool = True
    variant_key: str | None = None
    variant_error: str = "unknown type: %s"
    variants: Callable[[str], Shape | None] = field(default=lambda _name: None)
    dormant: Mapping[str, Field] = field(default_factory=dict)

    @property
    def fields(self) -> Mapping[str, Field]:
        """Fields by name, in their order."""
        return self.shape.fields

    @cached_property
    def foreign_fields(self) -> dict[str, Field]:
        """The fields that refer to other entities."""
        return {name: item for name, item in self.fields.items() if item.kind == "foreign"}

    @cached_property
    def unique_fields(self) -> dict[str, Field]:
        """The fields of which no two rows share a value."""
        return {name: item for name, item in self.fields.items() if item.unique}


class Entity(Record):
    """The base of all entities.

    class Service(Entity, name="services", endpoint_key="name"): ...
    Class keywords are the attributes of EntityType; the description is then `Service.entity()`.
    """

    _facts: ClassVar[dict[str, Any]] = {}

    @classmethod
    def __pydantic_init_subclass__(cls, **facts: Any) -> None:
        """Keep the class keywords; DescriptionError for others than those of EntityType."""
        _refuse_keywords(cls, facts)
        cls._facts = facts
        partial_problems.setdefault(facts["name"], lambda part: problems_of_part(cls.entity(), part))

    def __init_subclass__(cls, **_facts: Any) -> None:
        """Let class keywords pass."""
        super().__init_subclass__()

    @classmethod
    def load(cls, value: Mapping[str, Any]) -> Self:
        """The typed object of a stored row; what the store adds to it is left out."""
        return super().load({name: value[name] for name in cls.shape().fields if name in value})

    @classmethod
    def entity(cls) -> EntityType:
        """The description, made once per class."""
        if "_entity" not in cls.__dict__:
            facts = dict(cls._facts)
            facts.setdefault("admin_name", facts["name"])
            facts.setdefault("nested_name", facts["admin_name"])
            variants = getattr(cls, "variants", None)
            if variants is not None:
                facts["variants"] = variants
            type.__setattr__(cls, "_entity", EntityType(shape=cls.shape(), model=cls, **facts))
        found: EntityType = cls.__dict__["_entity"]
        return found


_KEYWORDS = [
    one.name for one in fields(EntityType) if one.name not in ("shape", "model", "variants", "dormant")
]


def _refuse_keywords(cls: type, facts: Mapping[str, Any]) -> None:
    fix = f"the keywords are {', '.join(_KEYWORDS)}"
    unknown = [name for name in facts if name not in _KEYWORDS]
    if unknown:
        raise DescriptionError(f"an entity has no keyword {unknown[0]}", fix, cls.__qualname__)
    if not isinstance(facts.get("name"), str):
        raise DescriptionError("an entity without a name", 'add `name="..."`, its plural', cls.__qualname__)


def shape_for(entity: EntityType, row: Mapping[str, Any]) -> Shape | None:
    """The shape of this row: the entity's own, or that of the variant that the row names; None when that is unknown."""
    if entity.variant_key is None:
        return entity.shape
    for name in _variant_names(row.get(entity.variant_key)):
        variant = entity.variants(name)
        if variant is not None:
            return variant
    return None


def _variant_names(value: Any) -> Sequence[str]:
    names = value if isinstance(value, list) else [value]
    return [name for name in names if isinstance(name, str)]


def problems_of_part(entity: EntityType, part: dict[str, Any]) -> Tree:
    """What is wrong with some fields of an entity; those that are missing are not asked for."""
    if entity.variant_key is not None and part.get(entity.variant_key) is None:
        return {entity.variant_key: wording.REQUIRED}
    shape = shape_for(entity, part) or entity.shape
    tree: Tree = {}
    for name, value in part.items():
        field = shape.fields.get(name)
        message = wording.UNKNOWN if field is None else refusal(field, value)
        if message is not None:
            tree[name] = message
    return tree


def specialised(base: Shape, variant: Shape) -> Shape:
    """The base with the variant's fields in the place of its own, and the variant's checks after its own."""
    fields = {name: variant.fields.get(name, item) for name, item in base.fields.items()}
    return Shape(
        fields,
        (*base.checks, *variant.checks),
        (*base.shorthands, *variant.shorthands),
        (*base.transformations, *variant.transformations),
    )
