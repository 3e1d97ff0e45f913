"""`/services/{services}`: read, change, replace and delete one entity."""

from starlette.responses import Response

from gopura.admin import answers, conditions
from gopura.admin.call import Call
from gopura.admin.resource import Resource
from gopura.admin.router import Handler


class Item:
    """One entity, named by its id or its endpoint key."""

    def __init__(self, resource: Resource) -> None:
        self.resource = resource
        self.name = resource.entity.name

    @property
    def methods(self) -> dict[str, Handler]:
        """What it answers to."""
        return {"GET": self.get, "PUT": self.put, "PATCH": self.patch, "DELETE": self.delete}

    async def get(self, call: Call) -> Response:
        """The entity."""
        async with call.reading() as reader:
            key = await self.resource.key(reader, call.param(self.name))
            value = await self.resource.find(reader, key)
        return answers.not_found() if value is None else conditions.tagged(value)

    async def patch(self, call: Call) -> Response:
        """Changes the given fields."""
        async with call.transaction() as tx:
            key = await self.resource.key(tx, call.param(self.name))
            await conditions.require(call, self.resource, tx, key)
            given = await self.resource.given(tx, key, call.body)
            value = await self.resource.change(tx, key, given)
        return conditions.tagged(value)

    async def put(self, call: Call) -> Response:
        """Replaces or creates."""
        given = dict(call.body.value)
        async with call.transaction() as tx:
            key = await self.resource.new_key(tx, call.param(self.name), given)
            await conditions.require(call, self.resource, tx, key)
            value = await self.resource.put(tx, key, given)
        return conditions.tagged(value)

    async def delete(self, call: Call) -> Response:
        """Deletes; nothing to delete is fine."""
        async with call.transaction() as tx:
            key = await self.resource.key(tx, call.param(self.name))
            await conditions.require(call, self.resource, tx, key)
            await self.resource.remove(tx, key)
        return answers.empty()
