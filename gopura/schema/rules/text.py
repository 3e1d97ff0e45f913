"""Rules about what a text is."""

import re
from typing import Any

from gopura.schema.regex import regex_problem
from gopura.schema.rule import Rule

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z", re.IGNORECASE)


class UuidText(Rule):
    """A UUID in its usual spelling."""

    key = "uuid"
    order = 7

    def problem(self, value: Any) -> str | None:
        """Compare with the form."""
        return None if _UUID.match(value) else "expected a valid UUID"

    def shown(self) -> dict[str, Any]:
        """Say so."""
        return {"uuid": True}

    def limits(self) -> dict[str, Any]:
        """The same in JSON Schema."""
        return {"format": "uuid"}


class IsRegex(Rule):
    """A regular expression that compiles."""

    key = "is_regex"
    order = 8

    def problem(self, value: Any) -> str | None:
        """Compile."""
        return f"not a valid regex: {value}" if regex_problem(value) else None

    def shown(self) -> dict[str, Any]:
        """Say so."""
        return {"is_regex": True}

    def limits(self) -> dict[str, Any]:
        """The same in JSON Schema."""
        return {"format": "regex"}
