"""The entities, one file each; a module here is known because it exists."""

import importlib
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from gopura.schema import Entity, EntityType, surroundings
from gopura.schema.entity import problems_of_part
from gopura.schema.referred import partial_problems

if TYPE_CHECKING:
    from gopura.plugin.broken import Broken
    from gopura.settings import Settings


LEFT_OUT = frozenset({
    "acme_storage", "clustering_data_planes", "oauth2_authorization_codes", "oauth2_tokens", "parameters",
    "ratelimiting_metrics", "sessions", "tags",
})  # fmt: skip
"""What no snapshot has: only the Admin API, or plugins through the control plane, ever read it."""


def get(name: str) -> EntityType:
    """The entity of this name; raises KeyError."""
    return all()[name]


def all() -> Mapping[str, EntityType]:  # noqa: A001 - reads `entities.all()`
    """Every entity by name, those that others refer to before these."""
    return _described(surroundings.router_flavor, surroundings.plugin_ordering, _plugins_own)


_plugins_own: tuple[type[Entity], ...] = ()
partial_problems["routes"] = lambda part: problems_of_part(get("routes"), part)


def own_names() -> list[str]:
    """The names of the product's own entities, and of their collections in the Admin API."""
    described = [model.entity() for model in _models()]
    return [name for entity in described for name in {entity.name, entity.admin_name}]


def use_router_flavor(flavor: str) -> None:
    """Describe routes as this value of the setting `router_flavor` has them; to be called before anything else."""
    surroundings.router_flavor = flavor


def use_own_entities(models: Iterable[type[Entity]]) -> None:
    """Add the entities that plugins bring along; to be called before anything else."""
    global _plugins_own
    _plugins_own = tuple(models)


@cache
def _described(flavor: str, ordering: bool, own: tuple[type[Entity], ...]) -> Mapping[str, EntityType]:
    found = {model.entity().name: model.entity() for model in (*_models(), *own)}
    found["routes"] = _routes(found["routes"], flavor)
    found["plugins"] = importlib.import_module(f"{__name__}.plugins").described(ordering)
    return {name: found[name] for name in _by_dependency(found)}


def _routes(routes: EntityType, flavor: str) -> EntityType:
    """Routes of this flavour, with the fields of the other one dormant."""
    other: EntityType = importlib.import_module(f"{__name__}._expression_routes").ExpressionRoute.entity()
    if flavor == "expressions":
        routes, other = other, routes
    elif flavor == "traditional":
        routes = replace(routes, shape=replace(routes.shape, checks=routes.shape.checks[:-1]))
    dormant = {name: field for name, field in other.fields.items() if name not in routes.fields}
    return replace(routes, dormant=dormant)


def bundled(name: str) -> EntityType | None:
    """An entity that comes with gopura, found without loading the others; None when there is none."""
    if name not in _modules():
        return None
    return next((model.entity() for model in _models_in(name) if model.entity().name == name), None)


def _modules() -> list[str]:
    return [it.name for it in pkgutil.iter_modules(__path__) if not it.name.startswith("_")]


def _models() -> list[type[Entity]]:
    return [model for name in _modules() for model in _models_in(name)]


def _models_in(module: str) -> Iterator[type[Entity]]:
    found = importlib.import_module(f"{__name__}.{module}")
    yield from (value for value in vars(found).values() if _is_entity(value, found.__name__))


def _is_entity(value: object, module: str) -> bool:
    return isinstance(value, type) and issubclass(value, Entity) and value.__module__ == module


def _by_dependency(found: Mapping[str, EntityType]) -> list[str]:
    order: list[str] = []

    def place(name: str) -> None:
        if name in order:
            return
        for field in found[name].foreign_fields.values():
            if field.reference in found and field.reference != name:
                place(str(field.reference))
        order.append(name)

    for name in sorted(found):
        place(name)
    return order


def follow(settings: "Settings") -> "list[Broken]":
    """Describe entities as the settings have them; returns plugins that cannot be used. Called at the start."""
    from gopura.entities import plugins
    from gopura.plugin.discovery import discover

    use_router_flavor(settings.router_flavor)
    surroundings.database = settings.database != "off"
    surroundings.plugin_ordering = settings.plugin_ordering
    surroundings.match_limit = settings.nginx_http_lua_regex_match_limit
    surroundings.untrusted_lua = settings.untrusted_lua != "off"
    surroundings.lua_mode = settings.untrusted_lua
    surroundings.lua_requires = tuple(settings.untrusted_lua_sandbox_requires or ())
    surroundings.lua_path = settings.lua_package_path or ""
    found = discover(settings.plugins, settings.plugins_path)
    plugins.enable(found.plugins)
    use_own_entities(entity for plugin in found.plugins.values() for entity in plugin.entities)
    return found.broken
