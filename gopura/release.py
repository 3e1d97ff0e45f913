"""Which release this is."""

from importlib.metadata import PackageNotFoundError, version


def _version() -> str:
    try:
        return version("gopura")
    except PackageNotFoundError:  # run from a folder of sources that is not installed
        return "0.0.0"


VERSION = _version()
"""gopura's own version."""
