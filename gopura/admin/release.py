"""How the Admin API names itself, and which release of Kong its interfaces are those of."""

from gopura.release import VERSION

KONG_VERSION = "3.5.0"
"""The level of the Admin API, of plugins and of declarative files; clients decide by it."""

PRODUCT = f"gopura/{VERSION}"
