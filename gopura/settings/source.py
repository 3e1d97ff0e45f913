"""Where settings come from, and what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_PREFIXES = ("KONG_", "GOPURA_")  # the later one wins
# Kubernetes injects addresses of a service named kong or gopura; images and processes carry the others.
_NOT_SETTINGS = re.compile(
    r"(\w+_)?SERVICE_(HOST|PORT)(_\w+)?|PORT(_\d+_\w+)?|VERSION|PROCESS(_\w+)?|CONF|TEST_\w+"
)


@dataclass(frozen=True)
class Entry:
    """One key with its text and the place it was found at."""

    key: str
    text: str
    source: str


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


def environment_entries(environ: Mapping[str, str]) -> list[Entry]:
    """Entries of KONG_* variables, then of GOPURA_*, so that the latter win."""
    return [
        Entry(name.removeprefix(prefix).lower(), text, f"environment variable {name}")
        for prefix in _PREFIXES
        for name, text in sorted(environ.items())
        if name.startswith(prefix) and not _NOT_SETTINGS.fullmatch(name.removeprefix(prefix))
    ]


def override_entries(overrides: Mapping[str, str]) -> list[Entry]:
    """Entries given on the command line."""
    return [Entry(key, text, "command line") for key, text in overrides.items()]
