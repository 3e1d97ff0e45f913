"""Form values: every one is text, so the field says what it stands for."""

from collections.abc import Callable, Mapping
from typing import Any

from gopura.schema.entity import EntityType, shape_for
from gopura.schema.field import Field
from gopura.schema.shape import Shape


def coerce_form(entity: EntityType, values: Mapping[str, Any]) -> dict[str, Any]:
    """The decoded form (nested by `a.b`, `a[]`, `a[1]`) with numbers, booleans, lists and nulls in the place of text.

    Text that does not fit the field stays text, so that validation words the error.
    """
    shape = shape_for(entity, values) or entity.shape
    row = _shaped(shape, values)
    if entity.ttl and isinstance(row.get("ttl"), str):
        row["ttl"] = _number(row["ttl"])
    return row


def _shaped(shape: Shape, values: Mapping[str, Any]) -> dict[str, Any]:
    fields = {**shape.fields, **{item.name: item.field for item in shape.shorthands}}
    return {name: coerced(fields[name], value) if name in fields else value for name, value in values.items()}


def coerced(field: Field, value: Any) -> Any:
    """One value by its field; the empty string is null."""
    if value == "" or value is None:
        return None
    form = _FORMS.get(field.kind)
    return form(field, value) if form else value


def _number(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        number = float(value)
    except ValueError:
        return value
    return int(number) if number.is_integer() else number


def _boolean(_field: Field, value: Any) -> Any:
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value, value)
    return value


def _list(field: Field, value: Any) -> Any:
    assert field.elements is not None
    if isinstance(value, dict):
        return value
    items = value if isinstance(value, list) else [value]
    return [coerced(field.elements, item) for item in items]


def _map(field: Field, value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    assert field.values is not None
    return {key: coerced(field.values, item) for key, item in value.items()}


def _record(field: Field, value: Any) -> Any:
    if field.record is None or not isinstance(value, dict):
        return value
    return _shaped(field.record, value)


def _foreign(_field: Field, value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {key: None if item == "" else item for key, item in value.items()}


_FORMS: dict[str, Callable[[Field, Any], Any]] = {
    "integer": lambda _field, value: _number(value),
    "number": lambda _field, value: _number(value),
    "boolean": _boolean,
    "array": _list,
    "set": _list,
    "map": _map,
    "record": _record,
    "foreign": _foreign,
}
