"""Records: objects inside an entity or a plugin's configuration."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler
from pydantic_core import CoreSchema

from gopura.schema.annotation import field_of
from gopura.schema.checks.base import Check
from gopura.schema.complete import complete
from gopura.schema.field import Field
from gopura.schema.rule import Rule
from gopura.schema.shape import Shape
from gopura.schema.shorthand import Shorthand
from gopura.schema.transformation import Transformation


class Record(BaseModel):
    """A described object: annotated attributes are its fields, their docstrings the fields' descriptions."""

    model_config = ConfigDict(extra="forbid", protected_namespaces=())

    checks: ClassVar[Sequence[Check]] = ()
    shorthands: ClassVar[Sequence[Shorthand]] = ()
    transformations: ClassVar[Sequence[Transformation]] = ()
    rules: ClassVar[Sequence[Rule]] = ()
    """Rules about the whole record, which get the typed object once all its fields are valid."""
    _shape: ClassVar[Shape]

    @classmethod
    def shape(cls) -> Shape:
        """Fields and checks, made once per class."""
        if "_shape" not in cls.__dict__:
            found = [field_of(cls, name, info) for name, info in cls.__pydantic_fields__.items()]
            fields = {field.name: field for field in found}
            cls._shape = Shape(fields, cls.checks, cls.shorthands, cls.transformations, cls)
        return cls._shape

    @classmethod
    def load(cls, value: Mapping[str, Any]) -> Self:
        """The typed object of a JSON object; missing fields get their defaults. Raises `pydantic.ValidationError`."""
        return cls.model_validate(complete(cls.shape(), value))

    @classmethod
    def described(cls) -> Mapping[str, Field]:
        """The fields in their order."""
        return cls.shape().fields

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Validate by the fields' rules."""
        open_types = cls.__pydantic_generic_metadata__["parameters"]
        if not cls.__pydantic_fields__ or open_types:
            return handler(source)
        return cls.shape().core()
