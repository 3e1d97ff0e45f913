"""Filling in what the input leaves out: defaults, identities, times, random keys."""

import copy
import secrets
import time
import uuid
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from gopura.schema.field import UNSET, Field
from gopura.schema.violation import SchemaViolation, listed

if TYPE_CHECKING:
    from gopura.schema.shape import Shape

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def complete(shape: "Shape", given: Mapping[str, Any], *, updating: bool = False) -> dict[str, Any]:
    """A new row: shorthands translated, values in their canonical form, missing ones filled in.

    An update fills in nothing but the time of the change. Fields of other names are kept for the rules to refuse.
    """
    row = expand(shape, given)
    filled = {name: _filled(field, row.pop(name, UNSET), updating) for name, field in shape.fields.items()}
    return {name: value for name, value in filled.items() if value is not UNSET} | row


def expand(shape: "Shape", given: Mapping[str, Any]) -> dict[str, Any]:
    """The input with its shorthand fields translated; raises SchemaViolation when one is invalid."""
    row = dict(given)
    errors: dict[str, Any] = {}
    for shorthand in shape.shorthands:
        value = row.get(shorthand.name, UNSET)
        if value is UNSET:
            continue
        message = shorthand.problem(value)
        if message is not None:
            errors[shorthand.name] = listed(message)
            continue
        del row[shorthand.name]
        row.update(shorthand.translate(value) or {})
    if errors:
        raise SchemaViolation(errors)
    return row


def missing_value(field: Field) -> Any:
    """What a missing field holds: its default, null when it may, UNSET when there is nothing to put."""
    if isinstance(field.default, str | int):
        return field.default
    if field.default is not UNSET:
        return canonical(field, copy.deepcopy(field.default))
    if not field.required:
        return None
    if field.kind == "record" and field.record is not None:
        return complete(field.record, {})
    return UNSET


def _filled(field: Field, value: Any, updating: bool) -> Any:
    value = _automatic(field, value, updating)
    if value is not UNSET and value is not None:
        return canonical(field, value, updating=updating)
    return missing_value(field) if value is UNSET and not updating else value


def _automatic(field: Field, value: Any, updating: bool) -> Any:
    if not field.auto:
        return value
    if field.name == "updated_at":
        return _now(field)
    if updating:
        return value
    if field.name == "created_at":
        return _now(field) if value is None or value is UNSET else value
    if value is UNSET and field.kind == "string":
        return str(uuid.uuid4()) if field.uuid else random_key()
    return value


def _now(field: Field) -> float:
    return int(time.time()) if field.kind == "integer" else round(time.time(), 3)


def random_key() -> str:
    """A secret of 32 letters and digits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(32))


def canonical(field: Field, value: Any, *, updating: bool = False) -> Any:
    """A value in the form in which it is stored: whole floats as integers, sets without repetition, full records."""
    form = _FORMS.get(field.kind)
    return form(field, value, updating) if form else value


def _identity(field: Field, value: Any, _updating: bool) -> Any:
    return value.lower() if field.uuid and isinstance(value, str) else value


def _foreign(_field: Field, value: Any, _updating: bool) -> Any:
    identity = value.get("id") if isinstance(value, dict) else None
    return {**value, "id": identity.lower()} if isinstance(identity, str) else value


def _whole(_field: Field, value: Any, _updating: bool) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _list(field: Field, value: Any, _updating: bool) -> Any:
    if value == {}:
        return []
    if not isinstance(value, list):
        return value
    assert field.elements is not None
    items = [item if item is None else canonical(field.elements, item) for item in value]
    return _without_repetition(items) if field.kind == "set" else items


def _without_repetition(items: list[Any]) -> list[Any]:
    scalars: set[Any] = set()
    kept: list[Any] = []
    for item in items:
        if isinstance(item, dict | list):
            kept.append(item)
        elif item not in scalars:
            scalars.add(item)
            kept.append(item)
    return kept


def _map(field: Field, value: Any, _updating: bool) -> Any:
    if value == []:
        return {}
    if not isinstance(value, dict):
        return value
    assert field.values is not None
    return {key: item if item is None else canonical(field.values, item) for key, item in value.items()}


def _record(field: Field, value: Any, updating: bool) -> Any:
    if value == []:
        value = {}
    if field.record is None or not isinstance(value, dict):
        return value
    return complete(field.record, value, updating=updating)


_FORMS: dict[str, Callable[[Field, Any, bool], Any]] = {
    "string": _identity,
    "foreign": _foreign,
    "integer": _whole,
    "number": _whole,
    "array": _list,
    "set": _list,
    "map": _map,
    "record": _record,
}
