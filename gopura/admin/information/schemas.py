"""`/schemas/...`: the descriptions of entities and plugins, and validation without storing."""

from collections.abc import Iterator
from typing import Any

from starlette.responses import Response

from gopura import schema, vaults
from gopura.admin import answers
from gopura.admin.call import Call
from gopura.admin.described import described
from gopura.admin.resources.certificates import own_fields
from gopura.admin.router import Endpoint
from gopura.entities.plugins import variant
from gopura.schema import EntityType, Shape


def endpoints() -> Iterator[Endpoint]:
    """Entities, plugins and vaults."""
    yield Endpoint("/schemas/{name}", {"GET": get})
    yield Endpoint("/schemas/{db_entity_name}/validate", {"POST": validate})
    yield Endpoint("/schemas/plugins/validate", {"POST": validate_plugin})
    yield Endpoint("/schemas/vaults/validate", {"POST": validate_vault})
    yield Endpoint("/schemas/plugins/{name}", {"GET": get_plugin})
    yield Endpoint("/schemas/vaults/{name}", {"GET": get_vault})
    yield Endpoint("/plugins/schema/{name}", {"GET": get_configuration})


_ANSWER = {"fields": [{"name": {"type": "string", "unique": True}}], "entity_checks": []}
_VALID = {"message": "schema validation successful"}


@described(path={"name": "The plural: `services`."}, answer=_ANSWER)
async def get(call: Call) -> Response:
    """An entity's description."""
    name = call.param("name")
    entity = call.gateway.entities.get(name)
    return _unknown("entity", name) if entity is None else answers.json(schema.render(entity))


@described(path={"name": "The plugin's name."}, answer=_ANSWER)
async def get_plugin(call: Call) -> Response:
    """What a plugin describes itself."""
    return _described(variant(call.param("name")), "plugin", call)


@described(path={"name": "The vault's kind: `env`."}, answer=_ANSWER)
async def get_vault(call: Call) -> Response:
    """What a vault describes itself."""
    vault = vaults.all().get(call.param("name"))
    return _described(vault.shape() if vault else None, "vault", call)


@described(path={"name": "The plugin's name."}, answer={"fields": [{"key_names": {"type": "array"}}]})
async def get_configuration(call: Call) -> Response:
    """Only a plugin's `config`, at Kong's older address."""
    shape = variant(call.param("name"))
    if shape is None:
        return _unknown("plugin", call.param("name"))
    config = shape.fields["config"].record
    return answers.json({"fields": []} if config is None else schema.render_variant(config))


@described(
    path={"db_entity_name": "The plural: `services`."},
    body={"name": "orders", "host": "orders.internal"},
    answer=_VALID,
)
async def validate(call: Call) -> Response:
    """Whether the body is a valid entity."""
    name = call.param("db_entity_name")
    entity = call.gateway.entities.get(name)
    if entity is None:
        return _unknown("entity", name)
    value = call.body.value
    if name == "certificates":  # a form of a client has their names as well, as what it sends next does
        value = own_fields(value, call.gateway.entities["snis"])
    return _validated(value, entity)


@described(body={"name": "key-auth", "config": {"key_names": ["apikey"]}}, answer=_VALID)
async def validate_plugin(call: Call) -> Response:
    """Whether the body is a valid plugin."""
    return _validated(call.body.value, call.gateway.entities["plugins"])


@described(body={"name": "env", "prefix": "my-env"}, answer=_VALID)
async def validate_vault(call: Call) -> Response:
    """Whether the body is a valid vault."""
    return _validated(call.body.value, call.gateway.entities["vaults"])


def _validated(value: Any, entity: EntityType) -> Response:
    schema.validate(entity, value)
    return answers.json({"message": "schema validation successful"})


def _described(shape: Shape | None, kind: str, call: Call) -> Response:
    return _unknown(kind, call.param("name")) if shape is None else answers.json(schema.render_variant(shape))


def _unknown(kind: str, name: str) -> Response:
    return answers.message(f"No {kind} named '{name}'", 404)
