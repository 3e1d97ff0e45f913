"""How a URL names an entity: by its id, or by its endpoint key (a name, a username, a key ...)."""

import re
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_core import SchemaValidator, core_schema

from gopura.admin.errors import InvalidPrimaryKey, InvalidUnique
from gopura.schema.core import field_core
from gopura.schema.entity import EntityType
from gopura.schema.storable_text import text_problem
from gopura.schema.violation import tree_of
from gopura.store.errors import NotFound

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Key:
    """A field and the value that it must have."""

    field: str
    value: Any

    @property
    def pair(self) -> dict[str, Any]:
        """As an object."""
        return {self.field: self.value}

    def missing(self, entity: EntityType) -> NotFound:
        """The refusal when no entity has it."""
        return (NotFound.by_primary_key if self.field in entity.primary_key else NotFound.by_field)(self.pair)


def is_uuid(text: Any) -> bool:
    """Whether a text could be an id."""
    return isinstance(text, str) and _UUID.match(text) is not None


def key_of(entity: EntityType, text: str) -> Key:
    """The key in a URL; InvalidUnique or InvalidPrimaryKey when no entity could have it."""
    if is_uuid(text):
        return Key("id", text.lower())
    if entity.endpoint_key is None:
        raise InvalidPrimaryKey({entity.primary_key[0]: problem(entity, entity.primary_key[0], text)})
    message = problem(entity, entity.endpoint_key, text)
    if message is not None:
        raise InvalidUnique(entity.endpoint_key, message)
    return Key(entity.endpoint_key, text)


def problem(entity: EntityType, field: str, value: Any) -> Any:
    """What is wrong with a value of a field; None when it is fine."""
    if isinstance(value, str) and (message := text_problem(value)):
        return message
    try:
        _validator(entity, field).validate_python({"value": value})
    except ValidationError as error:
        return tree_of(error)["value"]
    return None


_validators: dict[tuple[str, str], SchemaValidator] = {}


def _validator(entity: EntityType, field: str) -> SchemaValidator:
    known = _validators.get((entity.name, field))
    if known is None:
        core = core_schema.typed_dict_field(field_core(entity.fields[field]))
        known = SchemaValidator(core_schema.typed_dict_schema({"value": core}))
        _validators[entity.name, field] = known
    return known
