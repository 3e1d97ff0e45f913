"""What can be done with the entities of one kind; entities with ways of their own override parts of it."""

from typing import Any, ClassVar

from starlette.responses import Response

from gopura import schema
from gopura.admin import references, storable
from gopura.admin.body import Body
from gopura.admin.errors import InvalidOptions, OperationUnsupported
from gopura.admin.gateway import Gateway
from gopura.admin.keys import Key, key_of
from gopura.admin.listing import Listing
from gopura.schema.entity import EntityType
from gopura.schema.ttl import ttl_problem
from gopura.store import Page, Reader, Transaction

Value = dict[str, Any]


class Resource:
    """One entity's operations. Values are validated and complete before anything is changed."""

    also_named_by: ClassVar[str] = ""
    """What may stand for the id in paths beside the endpoint key, in words."""

    def __init__(self, entity: EntityType, gateway: Gateway) -> None:
        self.entity = entity
        self.entities = gateway.entities
        self._no_ttl: Value = {"ttl": 0} if entity.ttl else {}
        self.read_only = gateway.settings.database == "off"

    def guard(self, gateway: Gateway) -> Response | None:
        """An answer instead of that of the entity's endpoints; None when they are to answer."""
        return None

    async def key(self, reader: Reader, text: str, parent: Value | None = None) -> Key:
        """The key in a URL, below `parent` when the URL has one."""
        return key_of(self.entity, text)

    async def new_key(self, reader: Reader, text: str, given: Value, parent: Value | None = None) -> Key:
        """The key of what PUT replaces or creates; may add to what is given."""
        return await self.key(reader, text, parent)

    async def given(self, reader: Reader, key: Key, body: Body) -> Value:
        """What a body changes in the entity with this key."""
        return body.value

    async def find(self, reader: Reader, key: Key) -> Value | None:
        """The entity as the Admin API shows it alone."""
        return await reader.get_by(self.entity.name, key.field, key.value)

    async def page(self, reader: Reader, listing: Listing) -> Page:
        """A page of all entities."""
        return await reader.page(self.entity.name, listing.size, listing.offset, listing.tags)

    async def page_under(self, reader: Reader, listing: Listing, field: str, parent: str) -> Page:
        """A page of the entities whose `field` refers to this parent."""
        return await reader.page(self.entity.name, listing.size, listing.offset, where={field: parent})

    async def create(self, tx: Transaction, given: Value) -> Value:
        """A new entity."""
        given, ttl = self.options(_identified(given))
        given = await self.resolved(tx, given)
        row = schema.insert(self.entity, given)
        storable.check(row)
        await self.check(tx, row)
        self.refuse("create")
        return await tx.insert(self.entity.name, row | ttl)

    async def change(self, tx: Transaction, key: Key, given: Value) -> Value:
        """PATCH: the given fields over the stored ones; NotFound when there is nothing."""
        given, ttl = self.options(given)
        stored = await self.stored(tx, key)
        if stored is None:
            raise key.missing(self.entity)
        given = await self.resolved(tx, given)
        row = schema.update(self.entity, given, stored)
        if row["id"] != stored["id"]:
            if key.field == "id":
                raise key.missing(self.entity)
            row["id"] = stored["id"]
        storable.check(row)
        await self.check(tx, row)
        self.refuse("update", key)
        return await tx.update(self.entity.name, row | ttl)

    async def put(self, tx: Transaction, key: Key, given: Value) -> Value:
        """PUT: replaces the entity with this key, or makes it."""
        given, ttl = self.options(_identified(given))
        stored = await self.stored(tx, key)
        given = await self.resolved(tx, given)
        row = schema.upsert(self.entity, given, key.pair)
        row |= _kept(stored, given)
        storable.check(row)
        await self.check(tx, row)
        self.refuse("create or update", key)
        return await tx.upsert(self.entity.name, row | (ttl or self._no_ttl))

    async def remove(self, tx: Transaction, key: Key) -> None:
        """DELETE; it may be gone already."""
        stored = await self.stored(tx, key)
        if stored is not None:
            self.refuse("remove", key)
            await tx.delete(self.entity.name, stored["id"])

    def refuse(self, operation: str, key: Key | None = None) -> None:
        """Raise OperationUnsupported when entities come from a file."""
        if self.read_only:
            raise OperationUnsupported(
                operation, self.entity.name, key.field if key and key.field != "id" else None
            )

    async def check(self, tx: Transaction, row: Value) -> None:
        """What a complete row must fulfil beside its schema, looking at other entities."""

    async def stored(self, reader: Reader, key: Key) -> Value | None:
        """The entity as it is stored, without its remaining ttl."""
        found = await reader.get_by(self.entity.name, key.field, key.value)
        if found is not None and self.entity.ttl:
            found.pop("ttl")
        return found

    async def resolved(self, reader: Reader, given: Value) -> Value:
        """The input with ids in its references."""
        return await references.resolve(reader, self.entities, self.entity, given)

    def options(self, given: Value) -> tuple[Value, Value]:
        """The input without `ttl`, and the ttl when it is given; null ends one, as 0 does."""
        if not self.entity.ttl or "ttl" not in given:
            return given, {}
        ttl = given["ttl"] if given["ttl"] is not None else 0
        given = {name: value for name, value in given.items() if name != "ttl"}
        problem = ttl_problem(ttl)
        if problem is not None:
            raise InvalidOptions({"ttl": problem})
        return given, {"ttl": int(ttl)}


def _identified(given: Value) -> Value:
    """An id of null is no id: one is made up."""
    return {name: value for name, value in given.items() if name != "id" or value is not None}


def _kept(stored: Value | None, given: Value) -> Value:
    """What a replaced entity keeps: its id, and when it was created unless that is given."""
    if stored is None:
        return {}
    kept = {"id": stored["id"]}
    if "created_at" in stored and given.get("created_at") is None:
        kept["created_at"] = stored["created_at"]
    return kept
