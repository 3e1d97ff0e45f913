"""Values written as Lua source: Kong words keys in its messages this way, and clients match on them."""

import re
from collections.abc import Iterator
from typing import Any

_NAME = re.compile(r"[A-Za-z_]\w*\Z", re.ASCII)


def inline(value: Any) -> str:
    """One line: `{name="a",service={id="..."}}`, keys in alphabetical order, absent values as `null`."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{_key(key)}={inline(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, list):
        return "{" + ",".join(_items(value)) + "}"
    return scalar(value)


def _items(values: list[Any]) -> Iterator[str]:
    gap = False
    for index, value in enumerate(values, 1):
        gap |= value is None
        if value is not None:
            yield f"[{index}]={inline(value)}" if gap else inline(value)


def scalar(value: Any) -> str:
    """A string quoted for Lua, a number, a boolean or `null`."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
    return f"{value:.14g}" if isinstance(value, float) else str(value)


def _key(key: str) -> str:
    return key if _NAME.match(key) else f"[{scalar(key)}]"
