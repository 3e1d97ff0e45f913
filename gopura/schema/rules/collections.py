"""Rules about what a list holds."""

from typing import Any

from gopura.schema import wording
from gopura.schema.rule import Rule


class Contains(Rule):
    """The list has this element."""

    key = "contains"
    order = 19

    def __init__(self, wanted: Any) -> None:
        self.wanted = wanted

    def problem(self, value: Any) -> str | None:
        """Search."""
        return None if self.wanted in value else f"expected to contain: {wording.text(self.wanted)}"

    def shown(self) -> dict[str, Any]:
        """The element."""
        return {"contains": self.wanted}


class MutuallyExclusiveSubsets(Rule):
    """All elements come from one of these subsets."""

    key = "mutually_exclusive_subsets"
    order = 21

    def __init__(self, *subsets: tuple[str, ...]) -> None:
        self.subsets = subsets

    def problem(self, value: Any) -> str | None:
        """Name the subsets in the order in which the elements meet them."""
        met: dict[tuple[str, ...], None] = {}
        for element in value:
            met.update((subset, None) for subset in self.subsets if element in subset)
        return None if len(met) <= 1 else f"these sets are mutually exclusive: {wording.quoted(met)}"

    def shown(self) -> dict[str, Any]:
        """The subsets."""
        return {"mutually_exclusive_subsets": [list(subset) for subset in self.subsets]}
