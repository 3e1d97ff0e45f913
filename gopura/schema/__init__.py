"""How entities, records and plugin configurations are described, and what follows from the description.

A description is a class: annotated attributes are fields, rule objects in `Annotated[...]` say what they may hold,
attribute docstrings describe them::

    class Service(Entity, name="services", endpoint_key="name"):
        id: Uuid
        name: Utf8Name | None = None
        retries: Annotated[int | None, Between(0, 32767)] = 5
        client_certificate: Annotated[ForeignKey | None, Foreign("certificates")] = None
        checks = (Conditional("protocol", OneOf("tcp", "udp"), "path", Eq(None)),)
        shorthands = (Shorthand("url", str, from_url),)

`X | None` may be null; a plain type is a required field (required fields with a default cannot be set to null).
`list[T]` is an array, with `SetOf()` a set; `dict[str, T]` a map; a Record subclass a record.

What others use:

- `Service.entity()` (or `gopura.entities.get("services")`) is an EntityType: `name`, `fields` (name -> Field, ordered),
  `endpoint_key`, `primary_key`, `cache_key`, `ttl`, `admin_name`, `nested_name`, `endpoints`, `foreign_fields`,
  `unique_fields`, `model`.
- Field: `kind`, `required`, `default` (UNSET when none), `unique`, `auto`, `reference`, `on_delete`, `elements`,
  `keys`, `values`, `record` (a Shape: `.fields`), `description`, `encrypted`, `referenceable`, `immutable`, `abstract`.
- `insert(entity, given)`, `upsert(entity, given, key)`, `update(entity, given, stored)` return a complete row: a plain
  dictionary in the Admin API's JSON form. They raise SchemaViolation; `body()` is the answer's body.
  The caller resolves foreign keys given by name before, and checks existence and uniqueness after.
- `coerce_form(entity, values)`: decoded form values with the types of their fields.
- `render(entity)`, `render_variant(shape)`: the JSON of `/schemas/...`; `validate(entity, given)` for `/validate`.
- `json_schema(shape)`: an input in JSON Schema; `json_schema(shape, stored=True)`: a complete row.
- `pattern(source)`: a regular expression of a configuration, compiled; `regex_problem(source)`: why it cannot be.
- `surroundings.database = False` where there is no database: some choices are then refused.
- `Service.load(row)`: the typed object; `Config.load(row)` likewise for a plugin's configuration.
"""

from gopura.schema.checks import (
    Advice,
    AtLeastOneOf,
    Check,
    Conditional,
    ConditionalAtLeastOneOf,
    CustomCheck,
    Distinct,
    Elements,
    MutuallyExclusive,
    MutuallyExclusiveSets,
    MutuallyRequired,
    OnlyOneOf,
    Renamed,
)
from gopura.schema.entity import Entity, EntityType, shape_for, specialised
from gopura.schema.field import UNSET, Field
from gopura.schema.form import coerce_form
from gopura.schema.json_schema import json_schema
from gopura.schema.record import Record
from gopura.schema.reference import is_reference
from gopura.schema.regex import pattern, regex_problem
from gopura.schema.render import render, render_variant
from gopura.schema.rule import Mark, Rule
from gopura.schema.rules import *  # noqa: F403 - the rules are the vocabulary
from gopura.schema.rules import __all__ as _rules
from gopura.schema.shape import Shape
from gopura.schema.shorthand import Shorthand
from gopura.schema.surroundings import surroundings
from gopura.schema.transformation import Transformation
from gopura.schema.types import *  # noqa: F403 - so are the types
from gopura.schema.types import __all__ as _types
from gopura.schema.violation import SchemaViolation
from gopura.schema.write import insert, update, upsert, validate

__all__ = [
    "UNSET",
    "Advice",
    "AtLeastOneOf",
    "Check",
    "Conditional",
    "ConditionalAtLeastOneOf",
    "CustomCheck",
    "Distinct",
    "Elements",
    "Entity",
    "EntityType",
    "Field",
    "Mark",
    "MutuallyExclusive",
    "MutuallyExclusiveSets",
    "MutuallyRequired",
    "OnlyOneOf",
    "Record",
    "Renamed",
    "Rule",
    "SchemaViolation",
    "Shape",
    "Shorthand",
    "Transformation",
    "coerce_form",
    "insert",
    "is_reference",
    "json_schema",
    "pattern",
    "regex_problem",
    "render",
    "render_variant",
    "shape_for",
    "specialised",
    "surroundings",
    "update",
    "upsert",
    "validate",
    *_rules,
    *_types,
]
