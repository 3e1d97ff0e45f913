"""The order of plugins in `access`, where it is to differ from that of their priorities."""

from typing import Annotated

from gopura.entities import _bundled
from gopura.schema import Custom, Record, SetOf


def _enabled(name: str) -> str | None:
    if name in _bundled.enabled.plugins:
        return None
    return f"plugin '{name}' not enabled; add it to the 'plugins' configuration property"


class Named(Record):
    """Plugins, by phase."""

    access: Annotated[list[Annotated[str, Custom(_enabled)]] | None, SetOf()] = None
    """Names of plugins."""


class Ordering(Record):
    """Which plugins run later and which earlier."""

    before: Named | None = None
    """The plugins before which this one runs."""
    after: Named | None = None
    """The plugins after which this one runs."""
