"""Merges defaults and entries into values, collecting every fault."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gopura.settings.catalogue import SETTINGS
from gopura.settings.families import find
from gopura.settings.setting import Setting
from gopura.settings.source import Entry, Problem
from gopura.settings.unknown import Unknown

_DROPPED = "NONE"
"""The value of a key of nginx's that leaves the directive out."""
_AS_ANOTHER = re.compile(r"<\w+>")
"""What Kong's file of defaults says where it means `as that setting`: no value."""
_REFERENCE = re.compile(r"\{vault://env/([\w-]+)\}")
_VAULT_REFERENCE = re.compile(r"\{vault://.*\}")


@dataclass
class Resolved:
    """Values by name, where each was set, texts that were references, and what to tell the user."""

    values: dict[str, Any] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)
    references: dict[str, str] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def resolve(entries: Iterable[Entry], environ: Mapping[str, str], strict: bool = False) -> Resolved:
    """Parse the entries, later ones winning, over the defaults.

    What is no setting is told in a notice, as Kong ignores it; with `strict` it is a problem.
    """
    result = Resolved(values={name: setting.default_value for name, setting in SETTINGS.items()})
    last = {entry.key: entry for entry in entries}
    prefix = last["vault_env_prefix"].text if "vault_env_prefix" in last else ""
    settings = {key: find(key) for key in last}
    for key, setting in settings.items():
        if setting is not None:
            _take(result, setting, last[key], prefix, environ)
    unknown = Unknown([last[key] for key, setting in settings.items() if setting is None])
    unknown.leave_out_secrets(prefix, (last[key].text for key in result.references))
    result.problems += unknown.problems(strict)
    order = list(last)
    result.problems.sort(key=lambda problem: order.index(problem.key))
    result.notices += unknown.notices(strict)
    _follow_aliases(result)
    _proxy_directives(result)
    return result


def _take(result: Resolved, setting: Setting, entry: Entry, prefix: str, environ: Mapping[str, str]) -> None:
    effective = SETTINGS.get(setting.alias, setting)
    try:
        text = _dereference(result, entry, prefix, environ)
        if _AS_ANOTHER.fullmatch(text) and text[1:-1] in SETTINGS:
            text = ""
        if text == _DROPPED and effective.name.startswith("nginx_"):
            text = effective.dropped or ""
        # An empty text, as from a variable that is declared but not set, asks for the default.
        result.values[setting.name] = setting.parse(text or setting.default)
    except ValueError as error:
        result.problems.append(_bad(setting, entry, error))
        return
    result.origins[setting.name] = entry.source
    value = result.values[setting.name]
    if effective.inert and value not in (effective.default_value, setting.default_value):
        result.notices.append(f"{entry.source}: {setting.name} has no effect: {effective.inert}")


def _bad(setting: Setting, entry: Entry, error: ValueError) -> Problem:
    shown = "its value" if setting.secret else f"`{entry.text}`"
    return Problem(setting.name, entry.source, f"{shown} is not allowed; expected {error}")


def _dereference(result: Resolved, entry: Entry, prefix: str, environ: Mapping[str, str]) -> str:
    text = entry.text.strip()
    if _VAULT_REFERENCE.fullmatch(text) is None:
        return text
    match = _REFERENCE.fullmatch(text)
    if match is None:
        raise ValueError("a text or a reference `{vault://env/NAME}`")
    variable = (prefix + match[1]).upper().replace("-", "_")
    if variable not in environ:
        raise ValueError(f"the environment variable {variable} to be set")
    result.references[entry.key] = text
    return environ[variable]


def _follow_aliases(result: Resolved) -> None:
    for name, setting in SETTINGS.items():
        if not setting.alias:
            continue
        if name in result.origins and setting.alias not in result.origins:
            result.values[setting.alias] = result.values[name]
            result.origins[setting.alias] = result.origins[name]
        result.values[name] = result.values[setting.alias]


def _proxy_directives(result: Resolved) -> None:
    """A directive of nginx's server block goes before the same one of the http block."""
    for name in list(result.origins):
        shared = name.replace("nginx_proxy_", "nginx_http_", 1)
        if name.startswith("nginx_proxy_") and shared in SETTINGS:
            result.values[shared] = result.values[name]
            result.origins[shared] = result.origins[name]
