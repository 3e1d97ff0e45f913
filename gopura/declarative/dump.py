"""The store as a document."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import yaml

from gopura.declarative.scalars import implicit
from gopura.store import Store
from gopura.store.rows import shown

_LEFT_OUT = frozenset({"workspaces", "parameters", "clustering_data_planes"})
_AT_ONCE = 20
"""Entities that are written before others get their turn: some milliseconds."""


async def dump(store: Store) -> str:
    """Everything that is stored, as YAML that can be loaded again; the event loop gets its turn in between."""
    return "".join([part async for part in _parts(store)])


async def _parts(store: Store) -> AsyncIterator[str]:
    yield written({"_format_version": "3.0", "_transform": False})
    async with store.reading() as reader:
        for name in store.tables.layouts:
            if name in _LEFT_OUT:
                continue
            head = f"{name}:\n"
            async for values in reader.chunks(name, _AT_ONCE):
                if values:
                    yield head + written([_entry(shown(value)) for value in values])
                    head = ""
                await asyncio.sleep(0)


def written(document: Any) -> str:
    """A document as YAML."""
    text: str = yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True)
    return text


class _Dumper(yaml.CSafeDumper):
    """Quotes what our reader and Kong's would take for something else, such as `09`, `6e4` and `12:30`."""

    def ignore_aliases(self, _data: Any) -> bool:
        """Every value is written where it stands."""
        return True


def _text(dumper: Any, text: str) -> Any:
    style = None if type(implicit(text)) is str else "'"
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def _entry(row: dict[str, Any]) -> dict[str, Any]:
    lasting = {name for name in row if name == "ttl" and row[name] is None}
    return {
        name: value["id"] if _is_reference(value) else value
        for name, value in row.items()
        if name not in lasting
    }


def _is_reference(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == {"id"}
