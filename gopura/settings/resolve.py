"""Merges defaults and entries into values, collecting every fault."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gopura.settings.catalogue import SETTINGS
from gopura.settings.families import find, nearest
from gopura.settings.setting import Setting
from gopura.settings.source import Entry, Problem

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


def resolve(entries: Iterable[Entry], environ: Mapping[str, str]) -> Resolved:
    """Parse the entries, later ones winning, over the defaults."""
    result = Resolved(values={name: setting.default_value for name, setting in SETTINGS.items()})
    last = {entry.key: entry for entry in entries}
    prefix = last["vault_env_prefix"].text if "vault_env_prefix" in last else ""
    for entry in last.values():
        _take(result, entry, prefix, environ)
    _follow_aliases(result)
    _proxy_directives(result)
    return result


def _take(result: Resolved, entry: Entry, prefix: str, environ: Mapping[str, str]) -> None:
    setting = find(entry.key)
    if setting is None:
        result.problems.append(_unknown(entry))
        return
    try:
        text = _dereference(result, entry, prefix, environ)
        # An empty text, as from a variable that is declared but not set, asks for the default.
        result.values[setting.name] = setting.parse(text or setting.default)
    except ValueError as error:
        result.problems.append(_bad(setting, entry, error))
        return
    result.origins[setting.name] = entry.source
    if setting.inert and not setting.alias and result.values[setting.name] != setting.default_value:
        result.notices.append(f"{entry.source}: {setting.name} has no effect: {setting.inert}")


def _unknown(entry: Entry) -> Problem:
    close = nearest(entry.key)
    hint = f"; did you mean `{close}`?" if close else "; `gopura check --list` shows all"
    return Problem(entry.key, entry.source, f"is not a known setting{hint}")


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
