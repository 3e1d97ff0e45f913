"""The part of a plugin that lives in the control process, beside the database and the Admin API."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gopura.admin.router import Endpoint
    from gopura.settings import Settings
    from gopura.store import Store


class ControlPart:
    """What a plugin does away from traffic. `Plugin.control_part` names the class; a control process has one object.

    The plugin in the data planes asks it with `await self.ask_control(question, ...)`.
    """

    def __init__(self, store: Store, settings: Settings) -> None:
        """Keep the store and the settings; nothing runs yet."""
        self.store, self.settings = store, settings

    def endpoints(self) -> Iterable[Endpoint]:
        """What it adds to the Admin API; nothing by default."""
        return ()

    async def answer(self, question: str, params: Mapping[str, Any]) -> Any:
        """Answer a data plane with whatever JSON can carry, soon; by default nothing can be asked."""
        raise LookupError(f"there is no answer to {question}")

    async def run(self) -> None:
        """Do background work until cancelled, which must end all that was begun; nothing by default."""
