"""Bot detection: refuses clients by their User-Agent."""

from typing import Annotated

from gopura.plugin import Plugin, config

_Patterns = list[Annotated[str, config.IsRegex()]]


class BotDetection(Plugin, name="bot-detection", priority=2500, no_consumer=True):
    """Refuses well-known bots, and those that are named."""

    class Config(config.Record):
        """Exceptions in both directions."""

        allow: _Patterns | None = []
        """Regular expressions of User-Agents that pass in any case."""
        deny: _Patterns | None = []
        """Regular expressions of User-Agents that are refused besides the known bots."""
