"""The store as a document."""

from typing import Any

import yaml

from gopura.store import Store

_LEFT_OUT = frozenset({"workspaces", "parameters", "clustering_data_planes"})


async def dump(store: Store) -> str:
    """Everything that is stored, as YAML that can be loaded again."""
    document: dict[str, Any] = {"_format_version": "3.0", "_transform": False}
    async with store.reading() as reader:
        for name in store.tables.layouts:
            found = [] if name in _LEFT_OUT else await reader.all(name)
            if found:
                document[name] = [_entry(row) for row in found]
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True)


def _entry(row: dict[str, Any]) -> dict[str, Any]:
    lasting = {name for name in row if name == "ttl" and row[name] is None}
    return {
        name: value["id"] if _is_reference(value) else value
        for name, value in row.items()
        if name not in lasting
    }


def _is_reference(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == {"id"}
