"""Plugins: their route or service must share a protocol; forms are read by the plugin's own fields."""

from typing import Any

from gopura import schema
from gopura.admin import answers
from gopura.admin.body import Body
from gopura.admin.keys import Key
from gopura.admin.resource import Resource, Value
from gopura.store import Reader, Transaction

_IDENTITY = ("name", "route", "service", "consumer")
_ROUTE = "must match the associated route's protocols"
_SERVICE = "must match the protocols of at least one route pointing to this Plugin's service"


class Special(Resource):
    """Plugins."""

    async def given(self, reader: Reader, key: Key, body: Body) -> Value:
        """A form can be read only when it is known which plugin its `config` belongs to."""
        if all(body.value.get(name) is not None for name in _IDENTITY):
            return body.value
        stored = await self.stored(reader, key)
        if stored is None:
            raise answers.Refusal(answers.not_found())
        named = {"name": stored["name"], **body.value}
        return schema.coerce_form(self.entity, named) if body.form else named

    async def check(self, tx: Transaction, row: Value) -> None:
        """Compare protocols."""
        if row["route"] is not None:
            route = await tx.get("routes", row["route"]["id"])
            if route is not None and not _common(row, route):
                raise schema.SchemaViolation({"protocols": _ROUTE})
        if row["service"] is not None:
            routes = await tx.all("routes", {"service": row["service"]["id"]})
            if routes and not any(_common(row, route) for route in routes):
                raise schema.SchemaViolation({"protocols": _SERVICE})


def _common(plugin: dict[str, Any], route: dict[str, Any]) -> bool:
    return not set(plugin["protocols"] or ()).isdisjoint(route["protocols"] or ())
