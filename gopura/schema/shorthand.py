"""Shorthand fields: accepted in the input, translated into other fields, never stored."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from gopura.schema.annotation import element_of
from gopura.schema.core import refusal
from gopura.schema.field import Field


@dataclass(frozen=True)
class Shorthand:
    """`translate` gets the valid value and returns the fields that it stands for."""

    name: str
    annotation: Any
    translate: Callable[[Any], dict[str, Any] | None]

    @cached_property
    def field(self) -> Field:
        """The kind and rules of the value."""
        return element_of(self.annotation).overlaid(name=self.name, required=False)

    def problem(self, value: Any) -> Any:
        """The message about a value, None when it is valid."""
        return refusal(self.field, value)
