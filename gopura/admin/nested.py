"""From one entity to another: `/services/{s}/routes`, `/services/{s}/routes/{r}`, `/routes/{r}/service`."""

import uuid
from typing import Any

from starlette.responses import Response

from gopura.admin import answers, conditions, listing
from gopura.admin.call import Call
from gopura.admin.collection import escaped, paged
from gopura.admin.keys import Key
from gopura.admin.resource import Resource
from gopura.admin.router import Handler
from gopura.store import Reader

Value = dict[str, Any]


async def existing(call: Call, resource: Resource, reader: Reader) -> Value:
    """The entity that the path names; the answer is 404 without it."""
    key = await resource.key(reader, call.param(resource.entity.name))
    found = await resource.stored(reader, key)
    if found is None:
        raise answers.Refusal(answers.not_found())
    return found


class Children:
    """The entities that refer to one parent: list and create. `segment` is what follows the parent in the path."""

    def __init__(self, parent: Resource, child: Resource, field: str, segment: str | None = None) -> None:
        self.parent, self.child, self.field = parent, child, field
        self.segment = segment or child.entity.nested_name

    @property
    def methods(self) -> dict[str, Handler]:
        """What it answers to."""
        return {"GET": self.list, "POST": self.create}

    async def list(self, call: Call) -> Response:
        """A page."""
        async with call.reading() as reader:
            parent = await existing(call, self.parent, reader)
            wanted = listing.read(call.query, self.child.entity)
            page = await self.child.page_under(reader, wanted, self.field, parent["id"])
        name = escaped(call.param(self.parent.entity.name))
        return paged(page, f"/{self.parent.entity.admin_name}/{name}/{self.segment}")

    async def create(self, call: Call) -> Response:
        """A new child of this parent."""
        async with call.transaction() as tx:
            parent = await existing(call, self.parent, tx)
            value = await self.child.create(tx, call.body.value | {self.field: {"id": parent["id"]}})
        return conditions.tagged(value, 201)


class Child:
    """One entity under its parent."""

    def __init__(self, parent: Resource, child: Resource, field: str) -> None:
        self.parent, self.child, self.field = parent, child, field

    @property
    def methods(self) -> dict[str, Handler]:
        """What it answers to."""
        return {"GET": self.get, "PUT": self.put, "PATCH": self.patch, "DELETE": self.delete}

    async def get(self, call: Call) -> Response:
        """The child."""
        async with call.reading() as reader:
            parent = await existing(call, self.parent, reader)
            key = await self.child.key(reader, call.param(self.child.entity.name), parent)
            await self._belonging(reader, key, parent)
            return conditions.tagged(await self.child.find(reader, key) or {})

    async def patch(self, call: Call) -> Response:
        """Changes the given fields; the child stays with its parent unless another one is given."""
        async with call.transaction() as tx:
            parent = await existing(call, self.parent, tx)
            key = await self.child.key(tx, call.param(self.child.entity.name), parent)
            await self._belonging(tx, key, parent)
            await conditions.require(call, self.child, tx, key)
            given = await self.child.given(tx, key, call.body)
            given = {self.field: {"id": parent["id"]}} | given
            value = await self.child.change(tx, key, given)
        return conditions.tagged(value)

    async def put(self, call: Call) -> Response:
        """Replaces or creates, under this parent."""
        async with call.transaction() as tx:
            parent = await existing(call, self.parent, tx)
            given = call.body.value | {self.field: {"id": parent["id"]}}
            key = await self.child.new_key(tx, call.param(self.child.entity.name), given, parent)
            await conditions.require(call, self.child, tx, key)
            value = await self.child.put(tx, key, given)
        return conditions.tagged(value)

    async def delete(self, call: Call) -> Response:
        """Deletes the child."""
        async with call.transaction() as tx:
            parent = await existing(call, self.parent, tx)
            key = await self.child.key(tx, call.param(self.child.entity.name), parent)
            await self._belonging(tx, key, parent)
            await conditions.require(call, self.child, tx, key)
            await self.child.remove(tx, key)
        return answers.empty()

    async def _belonging(self, reader: Reader, key: Key, parent: Value) -> None:
        found = await self.child.stored(reader, key)
        if found is None or (found[self.field] or {}).get("id") != parent["id"]:
            raise answers.Refusal(answers.not_found())


class Parent:
    """The entity that another one refers to."""

    def __init__(self, child: Resource, parent: Resource, field: str) -> None:
        self.child, self.parent, self.field = child, parent, field

    @property
    def methods(self) -> dict[str, Handler]:
        """What it answers to."""
        return {"GET": self.get, "PUT": self.put, "PATCH": self.patch, "DELETE": self.delete}

    async def get(self, call: Call) -> Response:
        """The parent."""
        async with call.reading() as reader:
            key = await self._referred(call, reader)
            return conditions.tagged(await Resource.find(self.parent, reader, key) or {})

    async def patch(self, call: Call) -> Response:
        """Changes the parent."""
        async with call.transaction() as tx:
            key = await self._referred(call, tx)
            await conditions.require(call, self.parent, tx, key)
            value = await self.parent.change(tx, key, call.body.value)
        return conditions.tagged(value)

    async def put(self, call: Call) -> Response:
        """Replaces the parent, or makes one and refers to it."""
        async with call.transaction() as tx:
            child = await existing(call, self.child, tx)
            reference = child[self.field]
            key = Key("id", reference["id"] if reference else str(uuid.uuid4()))
            await conditions.require(call, self.parent, tx, key)
            value = await self.parent.put(tx, key, call.body.value)
            if not reference:
                await self.child.change(tx, Key("id", child["id"]), {self.field: {"id": key.value}})
        return conditions.tagged(value)

    async def delete(self, call: Call) -> Response:
        """Never: the parent is deleted where it lives."""
        async with call.reading() as reader:
            await self._referred(call, reader)
        return answers.message("Method not allowed", 405)

    async def _referred(self, call: Call, reader: Reader) -> Key:
        reference = (await existing(call, self.child, reader))[self.field]
        if not reference:
            raise answers.Refusal(answers.not_found())
        return Key("id", reference["id"])
