"""Which release this is, and which release of Kong its interfaces are those of."""

from importlib.metadata import PackageNotFoundError, version

KONG_VERSION = "3.5.0"
"""The level of the Admin API, of plugins and of declarative files; clients decide by it."""


def _version() -> str:
    try:
        return version("gopura")
    except PackageNotFoundError:
        return "0.0.0"


VERSION = _version()
PRODUCT = f"gopura/{VERSION}"
