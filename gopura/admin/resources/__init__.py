"""Entities with operations of their own, one file each; a module is known because it exists.

A module is named like its entity. Its `Special` class replaces Resource; its `endpoints(resources)` gives
endpoints beside, or instead of, those that follow from the description.
"""

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType

from gopura.admin.gateway import Gateway
from gopura.admin.resource import Resource
from gopura.admin.router import Endpoint


def of(gateway: Gateway) -> dict[str, Resource]:
    """The resource of every entity."""
    special = {name: module.Special for name, module in _modules().items() if hasattr(module, "Special")}
    return {name: special.get(name, Resource)(entity, gateway) for name, entity in gateway.entities.items()}


def endpoints(resources: dict[str, Resource]) -> Iterator[Endpoint]:
    """The endpoints that do not follow from descriptions."""
    for name, module in _modules().items():
        if name in resources and hasattr(module, "endpoints"):
            yield from module.endpoints(resources)


def _modules() -> dict[str, ModuleType]:
    names = [module.name for module in pkgutil.iter_modules(__path__)]
    return {name: importlib.import_module(f"{__name__}.{name}") for name in names}
