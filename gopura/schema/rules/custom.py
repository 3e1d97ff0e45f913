"""A rule written as a function."""

from collections.abc import Callable
from typing import Any

from gopura.schema.rule import Rule


class Custom(Rule):
    """A function that returns the message about a value, or None when it is fine."""

    key = "custom_validator"
    order = 20

    def __init__(self, function: Callable[[Any], str | None]) -> None:
        self.function = function

    def problem(self, value: Any) -> str | None:
        """Ask the function."""
        return self.function(value)
