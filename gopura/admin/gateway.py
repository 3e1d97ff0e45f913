"""What the Admin API is an interface to: the store, the settings, the entities, and the data plane."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from gopura import entities
from gopura.admin.router import Router
from gopura.schema.entity import EntityType
from gopura.settings import Settings
from gopura.store import Store


class Link(Protocol):
    """The connection to the data planes, as far as the Admin API needs it."""

    async def served(self, version: int) -> bool:
        """Wait, bounded, until the local data plane serves this version; False when it does not."""

    async def call(self, name: str, params: Mapping[str, Any]) -> Any:
        """Ask the local data plane; raises LookupError when none is connected."""


class NoLink:
    """Stands in when there is no data plane."""

    async def served(self, version: int) -> bool:
        """Nothing serves anything."""
        return False

    async def call(self, name: str, params: Mapping[str, Any]) -> Any:
        """Nobody to ask."""
        raise LookupError("no data plane is connected")


@dataclass
class Gateway:
    """The parts, as every endpoint gets them."""

    store: Store
    settings: Settings
    link: Link
    entities: Mapping[str, EntityType] = field(default_factory=entities.all)
    router: Router = field(default_factory=Router)
