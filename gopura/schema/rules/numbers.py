"""Rules about numbers."""

from typing import Any

from gopura.schema import wording
from gopura.schema.rule import Rule


class Gt(Rule):
    """Greater than a limit."""

    key = "gt"
    order = 5

    def __init__(self, limit: float) -> None:
        self.limit = limit

    def problem(self, value: Any) -> str | None:
        """Compare."""
        return None if value > self.limit else f"value must be greater than {wording.text(self.limit)}"

    def shown(self) -> dict[str, Any]:
        """The limit."""
        return {"gt": self.limit}

    def limits(self) -> dict[str, Any]:
        """The same in JSON Schema."""
        return {"exclusiveMinimum": self.limit}


class Timestamp(Rule):
    """A point in time: seconds since 1970, or with a fraction."""

    key = "timestamp"
    order = 6

    def problem(self, value: Any) -> str | None:
        """Only positive numbers are points in time."""
        return None if value > 0 else "expected a valid timestamp"

    def shown(self) -> dict[str, Any]:
        """Say so."""
        return {"timestamp": True}

    def limits(self) -> dict[str, Any]:
        """The same in JSON Schema."""
        return {"exclusiveMinimum": 0}


class Between(Rule):
    """Within limits, both included."""

    key = "between"
    order = 9

    def __init__(self, lowest: float, highest: float) -> None:
        self.lowest = lowest
        self.highest = highest

    def problem(self, value: Any) -> str | None:
        """Compare with both limits, which the message shows as whole numbers."""
        if self.lowest <= value <= self.highest:
            return None
        return f"value should be between {int(self.lowest)} and {int(self.highest)}"

    def shown(self) -> dict[str, Any]:
        """Both limits."""
        return {"between": [self.lowest, self.highest]}

    def limits(self) -> dict[str, Any]:
        """The same in JSON Schema."""
        return {"minimum": self.lowest, "maximum": self.highest}
