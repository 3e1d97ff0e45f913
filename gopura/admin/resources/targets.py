"""Targets: below their upstream only, newest first; `host:port` stands for the id."""

from collections.abc import Iterator

from gopura import schema
from gopura.admin import answers
from gopura.admin.keys import Key, is_uuid
from gopura.admin.listing import Listing
from gopura.admin.nested import Child, Children
from gopura.admin.resource import Resource, Value
from gopura.admin.router import Endpoint
from gopura.entities.targets import target_problem
from gopura.store import Page, Reader, Transaction


class Special(Resource):
    """Targets of upstreams."""

    async def key(self, reader: Reader, text: str, parent: Value | None = None) -> Key:
        """The target of this upstream."""
        if parent is None or is_uuid(text):
            return await super().key(reader, text, parent)
        found = await reader.find("targets", {"upstream": parent["id"], "target": text})
        if found is None:
            raise answers.Refusal(answers.not_found())
        return Key("id", found["id"])

    async def page_under(self, reader: Reader, listing: Listing, field: str, parent: str) -> Page:
        """The newest first."""
        return await reader.page(
            "targets", listing.size, listing.offset, where={field: parent}, newest_first=True
        )

    async def create(self, tx: Transaction, given: Value) -> Value:
        """A new target; about a bad address nothing else is said."""
        target = given.get("target")
        if isinstance(target, str) and target_problem(target):
            raise schema.SchemaViolation({"target": "Invalid target; not a valid hostname or ip address"})
        return await super().create(tx, given)

    async def check(self, tx: Transaction, row: Value) -> None:
        """A target must weigh something, if only nothing."""
        if row["weight"] is None:
            raise schema.SchemaViolation({"weight": "required field missing"})


class Targets(Child):
    """`/upstreams/{upstreams}/targets/{targets}`: PUT changes what is there, it never creates."""

    put = Child.patch


def endpoints(resources: dict[str, Resource]) -> Iterator[Endpoint]:
    """Those below upstreams; the others do not answer."""
    upstreams, targets = resources["upstreams"], resources["targets"]
    for path in ("/targets", "/targets/{targets}", "/targets/{targets}/upstream"):
        yield Endpoint(path, {}, guard=answers.closed)
    below = "/upstreams/{upstreams}/targets"
    children = Children(upstreams, targets, "upstream", "targets/all")
    yield Endpoint(f"{below}/all", {"GET": children.list}, targets.entity)
    yield Endpoint(f"{below}/{{targets}}", Targets(upstreams, targets, "upstream").methods, targets.entity)
