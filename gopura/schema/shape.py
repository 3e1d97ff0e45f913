"""The shape of a JSON object: its fields and what holds between them. Entities, records and variants have one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic import ValidationError
from pydantic_core import CoreSchema, SchemaValidator, core_schema

from gopura.schema.checks.base import Check
from gopura.schema.complete import missing_value
from gopura.schema.core import field_core
from gopura.schema.field import UNSET, Field
from gopura.schema.shorthand import Shorthand
from gopura.schema.transformation import Transformation
from gopura.schema.violation import Tree, counted, enough, nested_failure, tree_of


@dataclass(frozen=True)
class Shape:
    """Fields in their order, checks, shorthand fields and transformations.

    `model` is the class of the typed objects, None when there are only plain dictionaries.
    """

    fields: Mapping[str, Field]
    checks: Sequence[Check] = ()
    shorthands: Sequence[Shorthand] = ()
    transformations: Sequence[Transformation] = ()
    model: type[Any] | None = None

    def core(self) -> CoreSchema:
        """The pydantic-core schema: fields first, then the checks, all messages together."""
        inner = self._model_core() if self.model else self._dict_core()
        if not self.checks:
            return inner
        return core_schema.with_info_wrap_validator_function(self._checked, inner)

    def problems(self, row: dict[str, Any], *, updating: bool = False) -> Tree:
        """Every message about a row whose defaults are filled in; empty when it is valid."""
        try:
            with counted():
                self._validator.validate_python(row, context={"updating": updating})
        except ValidationError as error:
            return tree_of(error)
        return {}

    @cached_property
    def _validator(self) -> SchemaValidator:
        return SchemaValidator(Shape(self.fields, self.checks).core())

    def _model_core(self) -> CoreSchema:
        assert self.model is not None
        members = {item.attribute or name: _member(item) for name, item in self.fields.items()}
        inner = core_schema.model_fields_schema(
            members, model_name=self.model.__name__, extra_behavior="forbid"
        )
        return core_schema.model_schema(
            self.model, inner, config=core_schema.CoreConfig(extra_fields_behavior="forbid")
        )

    def _dict_core(self) -> CoreSchema:
        members = {
            name: core_schema.typed_dict_field(field_core(item), required=item.required)
            for name, item in self.fields.items()
        }
        return core_schema.typed_dict_schema(members, extra_behavior="forbid")

    def _checked(self, value: Any, handler: Callable[[Any], Any], info: Any) -> Any:
        if enough():
            return handler(value)
        tree: Tree = {}
        result = value
        try:
            result = handler(value)
        except ValidationError as error:
            tree = tree_of(error)
        row = value if isinstance(value, dict) else {}
        updating = bool(info.context and info.context.get("updating"))
        for check in self.checks:
            check.run(self.fields, row, tree, updating=updating)
        if tree:
            raise nested_failure(tree)
        return result


def _member(item: Field) -> core_schema.ModelField:
    alias = item.name if item.attribute not in ("", item.name) else None
    return core_schema.model_field(_defaulted(item), validation_alias=alias, serialization_alias=alias)


def _defaulted(item: Field) -> CoreSchema:
    schema = field_core(item)
    if missing_value(item) is UNSET:
        return schema
    return core_schema.with_default_schema(
        schema, default_factory=lambda: missing_value(item), validate_default=True
    )
