"""Keys that are not listed one by one: `nginx_<block>_<directive>`, `vault_*` and `pluginserver_*`."""

from __future__ import annotations

import difflib
import re
from functools import lru_cache

from gopura.settings.catalogue import SETTINGS
from gopura.settings.kinds import Text
from gopura.settings.setting import Setting

BLOCKS = (
    "main",
    "events",
    "http",
    "upstream",
    "proxy",
    "status",
    "admin",
    "stream",
    "supstream",
    "sproxy",
    "wasm",
)
_DIRECTIVE = re.compile(rf"nginx_({'|'.join(BLOCKS)})_(\w+)")
_SERVER = re.compile(r"pluginserver_\w+_(socket|start_cmd|query_cmd)")
_VAULT = re.compile(r"vault_\w+")


@lru_cache(maxsize=1024)
def find(key: str) -> Setting | None:
    """The setting of a key, listed or of a family; None when the key is unknown."""
    if key in SETTINGS:
        return SETTINGS[key]
    if match := _DIRECTIVE.fullmatch(key):
        return _directive(key, match[1], match[2])
    if _SERVER.fullmatch(key):
        return Setting(key, Text(), "", "", inert=SETTINGS["pluginserver_names"].inert)
    if _VAULT.fullmatch(key):
        return Setting(key, Text(), "", "Default of a vault's field.")
    return None


def _directive(key: str, block: str, name: str) -> Setting:
    shared = SETTINGS.get(f"nginx_http_{name}")
    if block == "proxy" and shared is not None:
        return Setting(key, shared.kind, "", shared.help, inert=shared.inert)
    return Setting(
        key, Text(), "", "", inert=f"there is no nginx here, and its directive `{name}` has no counterpart"
    )


def nearest(key: str, likeness: float = 0.6) -> str | None:
    """The known key that is most like an unknown one, by at least a ratio from 0 to 1."""
    close = difflib.get_close_matches(key, SETTINGS, n=1, cutoff=likeness)
    return close[0] if close else None
