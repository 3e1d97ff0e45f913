# ruff: noqa: N818 - named as the answers that they become
"""What the Admin API itself refuses, beside what schemas and the store do; and every refusal's status."""

from collections.abc import Mapping
from typing import Any

from gopura.store.errors import EntityError
from gopura.store.lua import inline

STATUS = {
    1: 400,
    2: 400,
    3: 400,
    4: 400,
    5: 409,
    6: 404,
    7: 400,
    9: 400,
    10: 400,
    11: 400,
    12: 405,
    13: 400,
    14: 400,
}


class InvalidPrimaryKey(EntityError):
    """The key in the URL cannot be one."""

    code, name = 1, "invalid primary key"

    def __init__(self, problems: Mapping[str, Any]) -> None:
        super().__init__(f"invalid primary key: '{inline(dict(problems))}'", problems)


class InvalidSize(EntityError):
    """The size of a page that was asked for."""

    code, name = 9, "invalid size"


class InvalidUnique(EntityError):
    """The name in the URL could never be the name of an entity."""

    code = 10

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.name = f"invalid unique {field}"


class InvalidOptions(EntityError):
    """Something beside the entity itself: the tags of a list, the ttl of a row."""

    code, name = 11, "invalid options"

    def __init__(self, options: Mapping[str, str]) -> None:
        texts = [f"{name}: {options[name]}" for name in sorted(options)]
        several = f"{len(texts)} option violations"
        super().__init__(f"{'invalid option' if len(texts) == 1 else several} ({'; '.join(texts)})")
        self.options = dict(options)

    def body(self) -> dict[str, Any]:
        """As Kong has it: `options` instead of `fields`."""
        return {**super().body(), "options": self.options}


class OperationUnsupported(EntityError):
    """A change of what came from a file."""

    code, name = 12, "operation unsupported"

    def __init__(self, operation: str, entity: str, by: str | None = None) -> None:
        place = f" by '{by}'" if by else ""
        super().__init__(f"cannot {operation} '{entity}' entities{place} when not using a database")


class ForeignKeysUnresolved(EntityError):
    """References by name that no entity has."""

    code, name = 13, "foreign keys unresolved"

    def __init__(self, fields: Mapping[str, Mapping[str, str]]) -> None:
        lines = [
            f"{field}.{key}: {text}" for field, keys in sorted(fields.items()) for key, text in keys.items()
        ]
        head = "foreign key unresolved" if len(lines) == 1 else f"{len(lines)} foreign keys unresolved"
        super().__init__(f"{head} ({'; '.join(lines)})", fields)

    @staticmethod
    def text(key: str, value: Any, parent: str) -> str:
        """The words about one reference."""
        known = inline({key: value})
        return f"the foreign key cannot be resolved with '{known}' for an existing '{parent}' entity"
