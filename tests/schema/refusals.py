"""How the tables of the schema's tests look at one value."""

from typing import Any

from gopura.schema.annotation import element_of
from gopura.schema.core import refusal


def refused(annotation: Any, value: Any) -> Any:
    """The message about a value of a field with this annotation; None when it is valid."""
    return refusal(element_of(annotation), value)
