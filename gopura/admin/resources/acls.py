"""ACL groups: below a consumer, the name of the group stands for the id."""

import uuid

from gopura.admin import answers
from gopura.admin.keys import Key, is_uuid
from gopura.admin.resource import Resource, Value
from gopura.store import Reader


class Special(Resource):
    """Groups of consumers."""

    also_named_by = "below a consumer its `group`"

    async def key(self, reader: Reader, text: str, parent: Value | None = None) -> Key:
        """The group that this consumer has."""
        if parent is None or is_uuid(text):
            return await super().key(reader, text, parent)
        found = await reader.find("acls", {"consumer": parent["id"], "group": text})
        if found is None:
            raise answers.Refusal(answers.not_found())
        return Key("id", found["id"])

    async def new_key(self, reader: Reader, text: str, given: Value, parent: Value | None = None) -> Key:
        """The consumer's group, or a new one of this name."""
        if parent is None or is_uuid(text):
            return await super().key(reader, text, parent)
        given.setdefault("group", text)
        found = await reader.find("acls", {"consumer": parent["id"], "group": text})
        return Key("id", found["id"] if found else str(uuid.uuid4()))
