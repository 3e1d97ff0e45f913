"""Configurations for tests: entities with as little said as possible, made complete."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from typing import Any

from gopura import entities
from gopura.plugin import HTTP_PROTOCOLS, Plugin
from gopura.schema import EntityType, insert
from gopura.schema.complete import complete
from gopura.testing.errors import ConfigurationError, explained

Rows = list[dict[str, Any]]
Given = Mapping[str, Rows]


class Configuration:
    """Complete rows by entity. References may name a row by its name, username or key instead of its id."""

    def __init__(self, plugins: Mapping[str, type[Plugin]]) -> None:
        self._plugins = plugins
        own = {
            model.entity().name: model.entity() for plugin in plugins.values() for model in plugin.entities
        }
        self._types: Mapping[str, EntityType] = {**entities.all(), **own}
        self.rows: dict[str, Rows] = {}
        self._taken: set[tuple[str, str, str]] = set()

    def add(self, kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """Complete a row and keep it; raises ConfigurationError."""
        if kind not in self._types:
            raise ConfigurationError(f"there is no entity {kind}, only {', '.join(sorted(self._types))}")
        with explained(f"{kind} {dict(given)}"):
            resolved = {name: self._resolved(kind, name, value) for name, value in given.items()}
            row = self._plugin(resolved) if kind == "plugins" else insert(self._types[kind], resolved)
            self._claim(kind, row)
        self.rows.setdefault(kind, []).append(row)
        return row

    def _claim(self, kind: str, row: Mapping[str, Any]) -> None:
        """Keep what is unique from being there twice."""
        for name in self._types[kind].unique_fields:
            value = row.get(name)
            if value is not None and (kind, name, str(value)) in self._taken:
                raise LookupError(f"{name} is unique, and another of the {kind} has {value}")
            self._taken.add((kind, name, str(value)))

    def _resolved(self, kind: str, name: str, value: Any) -> Any:
        if kind == "plugins":
            target = f"{name}s" if name in ("route", "service", "consumer") else None
        else:
            foreign = self._types[kind].foreign_fields.get(name)
            target = foreign.reference if foreign else None
        if target is None or not isinstance(value, str):
            return value
        return {"id": self._id(target, value)}

    def _id(self, kind: str, key: str) -> str:
        for row in self.rows.get(kind, []):
            if key in (row["id"], row.get("name"), row.get("username"), row.get("key")):
                return str(row["id"])
        raise LookupError(f"there is no {key} among {kind}")

    def _plugin(self, given: Mapping[str, Any]) -> dict[str, Any]:
        plugin = self._plugins.get(given.get("name", ""))
        if plugin is None:
            raise LookupError(f"there is no plugin {given.get('name')}: pass its class to Gateway")
        plugin.Config.load(given.get("config") or {})
        config = complete(plugin.Config.shape(), given.get("config") or {})
        scopes = {"route": None, "service": None, "consumer": None}
        facts = {"id": str(uuid.uuid4()), "created_at": int(time.time()), "enabled": True}
        return scopes | facts | {"protocols": list(HTTP_PROTOCOLS)} | dict(given) | {"config": config}
