"""Endpoints about the node, one file per topic; a module here is known because it exists."""

import importlib
import pkgutil
from collections.abc import Iterator

from gopura.admin.router import Endpoint


def endpoints() -> Iterator[Endpoint]:
    """What the modules' `endpoints()` give."""
    for module in pkgutil.iter_modules(__path__):
        yield from importlib.import_module(f"{__name__}.{module.name}").endpoints()
