"""What is allowed, but hardly what was meant."""

from collections.abc import Sequence

from gopura.schema.checks.custom import CustomCheck


class Advice(CustomCheck):
    """A function of the named fields that tells (`advise`) and refuses nothing; `/schemas` does not show it."""

    def needed(self) -> Sequence[str]:
        """None: where a field is missing there is nothing to tell."""
        return ()
