"""What the Admin API is an interface to: the store, the settings, the entities, and the data plane."""

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import orjson

from gopura import entities
from gopura.admin.router import Router
from gopura.schema.entity import EntityType
from gopura.settings import Settings
from gopura.store import Store

_ANSWER_SECONDS = 5.0


class DataPlane(Protocol):
    """One connected data plane; `report` is what it said last about itself."""

    node: str
    version: int
    report: dict[str, Any]


class Link(Protocol):
    """The connection to the data planes, as far as the Admin API needs it."""

    @property
    def peers(self) -> Sequence[DataPlane]:
        """The connected data planes."""

    async def served(self, version: int) -> bool:
        """Wait, bounded, until the data planes serve this version; False when they do not."""

    def shortcomings(self, version: int) -> list[str]:
        """In words: why data planes do not serve this version, and what they refuse to do of what they serve."""

    async def call(self, name: str, **params: Any) -> list[Any]:
        """Ask every data plane; the answers of those that had one."""


class NoLink:
    """Stands in when there is no data plane."""

    peers: Sequence[DataPlane] = ()

    async def served(self, version: int) -> bool:
        """Nothing serves anything."""
        return False

    def shortcomings(self, version: int) -> list[str]:
        """Nobody expects anything."""
        return []

    async def call(self, name: str, **params: Any) -> list[Any]:
        """Nobody to ask."""
        return []


@dataclass
class Gateway:
    """The parts, as every endpoint gets them."""

    store: Store
    settings: Settings
    link: Link
    entities: Mapping[str, EntityType] = field(default_factory=entities.all)
    router: Router = field(default_factory=Router)

    async def ask(self, question: str, **params: Any) -> list[Any]:
        """Ask every data plane, but wait no longer than a client would."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_ANSWER_SECONDS):
                return await self.link.call(question, **params)
        return []

    @cached_property
    def description(self) -> bytes:
        """The OpenAPI description of this API; entities do not change while a node runs."""
        from gopura.admin.openapi import document  # it describes the endpoints, which are made of this module

        return orjson.dumps(document(self.router.endpoints.values()))

    @cached_property
    def node_id(self) -> str:
        """The id of this node: as configured, as kept in the prefix folder, or made up."""
        with suppress(OSError):
            return self.settings.node_id or self.settings.path("node_id").read_text().strip()
        return str(uuid.uuid4())
