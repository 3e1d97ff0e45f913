"""Where settings come from, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

Place = Literal["file", "environment", "command line"]


@dataclass(frozen=True)
class Entry:
    """One key with its text, and the place it was found at: the kind of it, and in words."""

    key: str
    text: str
    source: str
    place: Place

    @property
    def name(self) -> str:
        """The key as its writer knows it: a variable by the variable's name."""
        return self.source.rpartition(" ")[2] if self.place == "environment" else self.key


@dataclass(frozen=True)
class Problem:
    """What is wrong with one key; `key` is never a secret's value."""

    key: str
    source: str
    message: str

    def __str__(self) -> str:
        return f"{self.source}: {self.key}: {self.message}" if self.source else f"{self.key}: {self.message}"


class SettingsError(Exception):
    """The settings cannot be used; `problems` names all faults at once."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def override_entries(overrides: Mapping[str, str]) -> list[Entry]:
    """Entries given on the command line."""
    return [Entry(key, text, "command line", "command line") for key, text in overrides.items()]
