# ruff: noqa: N818 - named as the answers that they become
"""What the store refuses, worded and numbered as Kong's clients expect it."""

from collections.abc import Mapping
from typing import Any

from gopura.store.lua import inline

JsonObject = Mapping[str, Any]


class DatabaseUnavailable(Exception):
    """The database cannot be reached now; nothing was changed. Callers may try again later."""


class DatabaseSilent(DatabaseUnavailable):
    """The database did not answer for so many seconds; what was under way is undone unless it was about to end."""

    def __init__(self, patience: float) -> None:
        super().__init__(
            f"the database did not answer within pg_timeout ({patience * 1000:.0f} ms): "
            "see whether the server and the network between are well, or raise pg_timeout"
        )


class NotBootstrapped(Exception):
    """The database has no tables yet, or they belong to another release."""


def reason(error: BaseException) -> str:
    """What a database or its driver says about a failure, in one line."""
    cause = getattr(error, "orig", None) or error
    return str(cause).partition("\n")[0] or type(cause).__name__


class EntityError(Exception):
    """A refused operation on an entity: `code`, `name`, `message` and the `fields` concerned."""

    code = 0
    name = ""

    def __init__(self, message: str, fields: JsonObject | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.fields = fields

    def body(self) -> dict[str, Any]:
        """The answer's JSON in Kong's shape."""
        body = {"code": self.code, "name": self.name, "message": self.message}
        return body if self.fields is None else {**body, "fields": dict(self.fields)}


class PrimaryKeyViolation(EntityError):
    """Another entity has this primary key already."""

    code, name = 3, "primary key violation"

    def __init__(self, key: JsonObject) -> None:
        super().__init__(f"primary key violation on key '{inline(key)}'", key)


class ForeignKeyViolation(EntityError):
    """A reference that leads nowhere, or a deletion that would leave one behind."""

    code, name = 4, "foreign key violation"

    @classmethod
    def unknown(cls, field: str, key: JsonObject, parent: str) -> "ForeignKeyViolation":
        """The value of `field` names a `parent` that does not exist."""
        text = f"the foreign key '{inline(key)}' does not reference an existing '{parent}' entity."
        return cls(text, {field: key})

    @classmethod
    def restricted(cls, parent: str, child: str) -> "ForeignKeyViolation":
        """A `child` still refers to the `parent` that was to be deleted."""
        text = f"an existing '{child}' entity references this '{parent}' entity"
        return cls(text, {"@referenced_by": child})


class UniqueViolation(EntityError):
    """Another entity has this value already."""

    code, name = 5, "unique constraint violation"

    def __init__(self, key: JsonObject) -> None:
        super().__init__(f"UNIQUE violation detected on '{inline(key)}'", key)


class NotFound(EntityError):
    """No entity has this key."""

    code, name = 6, "not found"

    @classmethod
    def by_primary_key(cls, key: JsonObject) -> "NotFound":
        """Nothing has the primary key `key`."""
        return cls(f"could not find the entity with primary key '{inline(key)}'", key)

    @classmethod
    def by_field(cls, key: JsonObject) -> "NotFound":
        """Nothing has the field value in `key`."""
        return cls(f"could not find the entity with '{inline(key)}'", key)


class InvalidOffset(EntityError):
    """The token that should continue a list was not given out by the store."""

    code, name = 7, "invalid offset"

    def __init__(self, token: str, why: str) -> None:
        super().__init__(f"'{token}' is not a valid offset: {why}")
