"""From an Admin API input to a row that may be stored."""

from collections.abc import Mapping
from typing import Any

from gopura.schema import wording
from gopura.schema.complete import complete, missing_value
from gopura.schema.entity import EntityType, shape_for
from gopura.schema.field import UNSET, Field
from gopura.schema.path import filled, value_at
from gopura.schema.shape import Shape
from gopura.schema.transformation import Transformation
from gopura.schema.violation import SchemaViolation, Tree, listed


def insert(entity: EntityType, given: Mapping[str, Any], *, transform: bool = True) -> dict[str, Any]:
    """A complete row for a new entity; raises SchemaViolation.

    `transform=False`: what is stored in another form than it is given, such as a password, is in that form already.
    """
    shape = shape_for(entity, given) or entity.shape
    row = complete(shape, given)
    shape = _known_shape(entity, row)
    _validate(shape, row, given)
    return _ordered(entity, _transformed(shape, row, given) if transform else row)


def validate(entity: EntityType, given: Mapping[str, Any]) -> None:
    """Check an input as an insert would; raises SchemaViolation."""
    insert(entity, given)


def upsert(entity: EntityType, given: Mapping[str, Any], key: Mapping[str, Any]) -> dict[str, Any]:
    """A complete row that replaces whatever is stored under the key (`{"id": ...}` or `{"name": ...}`)."""
    return insert(entity, {**given, **key})


def update(entity: EntityType, given: Mapping[str, Any], stored: Mapping[str, Any]) -> dict[str, Any]:
    """The stored row with the given changes: records merge, arrays and maps are replaced, null stays null."""
    shape = shape_for(entity, {**stored, **given}) or entity.shape
    changes = complete(shape, given, updating=True)
    _refuse_immutable(shape, changes, stored)
    row = merged(shape, changes, stored)
    shape = _known_shape(entity, row)
    _validate(shape, row, given, stored)
    return _ordered(entity, _transformed(shape, row, given))


def merged(shape: Shape, top: Mapping[str, Any], bottom: Mapping[str, Any]) -> dict[str, Any]:
    """The bottom object with the values of the top one over it; records go deeper, everything else is replaced."""
    row = {**bottom, **top}
    for name, field in shape.fields.items():
        over, under = top.get(name), bottom.get(name)
        if field.record is not None and isinstance(over, dict):
            row[name] = _merged_record(field.record, over, under if isinstance(under, dict) else {})
    return row


def _merged_record(shape: Shape, top: Mapping[str, Any], bottom: Mapping[str, Any]) -> dict[str, Any]:
    return complete(shape, merged(shape, top, bottom))


def _known_shape(entity: EntityType, row: Mapping[str, Any]) -> Shape:
    """The row's shape; a row whose variant cannot be told is refused without looking further."""
    if entity.variant_key is None:
        return entity.shape
    key = row.get(entity.variant_key)
    if key is None:
        raise SchemaViolation({entity.variant_key: wording.REQUIRED})
    shape = shape_for(entity, row)
    if shape is None:
        named = wording.text(next(iter(key), "nil")) if isinstance(key, list) else wording.text(key)
        raise SchemaViolation({entity.variant_key: entity.variant_error.replace("%s", named)})
    return shape


def _validate(
    shape: Shape, row: dict[str, Any], given: Mapping[str, Any], stored: Mapping[str, Any] | None = None
) -> None:
    tree = shape.problems(row, updating=stored is not None)
    for transformation in shape.transformations:
        _check_inputs(transformation, row, given, stored, tree)
    if tree:
        raise SchemaViolation(listed(tree))


def _check_inputs(
    transformation: Transformation,
    row: Mapping[str, Any],
    given: Mapping[str, Any],
    stored: Mapping[str, Any] | None,
    tree: Tree,
) -> None:
    """Report inputs of a transformation that were given without the others."""
    changed = stored is not None and any(
        (value_at(given, name) or None) != (value_at(stored, name) or None) for name in transformation.needs
    )
    given_any = any(filled(value_at(given, name)) for name in transformation.inputs)
    if not changed and not given_any:
        return
    names = (*transformation.inputs, *transformation.needs)
    for group, source in ((names, given if changed else row), (transformation.inputs, given)):
        count = sum(filled(value_at(source, name)) for name in group)
        if count not in (0, len(group)):
            message = f"all or none of these fields must be set: {wording.quoted(group)}"
            tree.setdefault("@entity", []).append(message)
            return


def _transformed(shape: Shape, row: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    for transformation in shape.transformations:
        names = (*transformation.inputs, *transformation.needs)
        if not names:
            row = {**row, **transformation.write(row)}
        elif all(filled(value_at(given, name)) for name in transformation.inputs):
            row = {**row, **transformation.write(*(value_at(row, name) for name in names))}
    return row


def _refuse_immutable(shape: Shape, changes: Mapping[str, Any], stored: Mapping[str, Any]) -> None:
    errors = {
        name: wording.IMMUTABLE
        for name, field in shape.fields.items()
        if field.immutable and name in changes and stored.get(name) not in (None, changes[name])
    }
    if errors:
        raise SchemaViolation(errors)


def _ordered(entity: EntityType, row: dict[str, Any]) -> dict[str, Any]:
    ordered = {name: _stored(field, row.get(name)) for name, field in entity.fields.items()}
    return {**ordered, **{name: value for name, value in row.items() if name not in ordered}}


def _stored(field: Field, value: Any) -> Any:
    """What a read gives back: a required field that was stored as null reads as its default."""
    if field.kind == "foreign" and isinstance(value, dict):
        return {"id": value["id"]}
    if value is None and field.required:
        default = missing_value(field)
        return None if default is UNSET else default
    return value
