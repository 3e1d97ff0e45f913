"""Keys that are no settings. Kong ignores them, and so does gopura; but it says so, once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from gopura.settings.catalogue.elsewhere import elsewhere
from gopura.settings.families import nearest
from gopura.settings.source import Entry, Problem

_REFERENCE = re.compile(r"\{vault://env/([\w-]+)")
# As much as `log_levle` and `log_level` are alike; keys of others, such as `portal_auth`, are less like any of ours.
_MISSPELT = 0.85


class Unknown:
    """The entries of one start that no setting takes."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._entries = list(entries)

    def leave_out_secrets(self, prefix: str, references: Iterable[str]) -> None:
        """Leave out variables that are there for `{vault://env/...}` references: by their prefix, or by a setting's."""
        named = {match[1] for text in references for match in _REFERENCE.finditer(text)}
        read = {(prefix + name).upper().replace("-", "_") for name in named}
        self._entries = [
            entry
            for entry in self._entries
            if entry.place != "environment"
            or not (
                entry.name in read or (prefix and entry.name.startswith(prefix.upper().replace("-", "_")))
            )
        ]

    def problems(self, strict: bool) -> Iterator[Problem]:
        """What was misspelt in a file or given on the command line; with `strict`, everything."""
        for entry in self._entries:
            if strict or self._is_fault(entry):
                yield Problem(entry.key, entry.source, _message(entry))

    def notices(self, strict: bool) -> Iterator[str]:
        """One line for each reason why keys are ignored."""
        groups: dict[str, list[str]] = {}
        for entry in [] if strict else self._entries:
            if not self._is_fault(entry):
                groups.setdefault(_reason(entry), []).append(_shown(entry))
        for reason, names in groups.items():
            yield f"ignored, as {reason}: {', '.join(names)}"

    def _is_fault(self, entry: Entry) -> bool:
        if entry.place == "file":
            return not elsewhere(entry.key) and nearest(entry.key, _MISSPELT) is not None
        return entry.place == "command line"


def _message(entry: Entry) -> str:
    if what := elsewhere(entry.key):
        return f"is a setting {what}"
    close = nearest(entry.key)
    hint = f"; did you mean `{close}`?" if close else "; `gopura check --list` shows all"
    return f"is not a known setting{hint}"


def _reason(entry: Entry) -> str:
    if what := elsewhere(entry.key):
        return f"settings {what}"
    if entry.place == "environment":
        return "no settings, though what {vault://env/...} references name is read"
    return "no settings"


def _shown(entry: Entry) -> str:
    close = None if elsewhere(entry.key) else nearest(entry.key, _MISSPELT)
    where = f" ({entry.source})" if entry.place == "file" else ""
    return entry.name + where + (f" (did you mean `{close}`?)" if close else "")
