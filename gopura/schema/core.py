"""From Fields to pydantic-core schemas, which do the validation."""

from collections.abc import Callable
from typing import Any

from pydantic import ValidationError
from pydantic_core import CoreSchema, SchemaValidator, core_schema

from gopura.schema import wording
from gopura.schema.field import UNSET, Field
from gopura.schema.reference import is_reference
from gopura.schema.referred import partial_problems
from gopura.schema.rule import Rule
from gopura.schema.rules import Eq, LenMin, Match, Ne, OneOf, UuidText
from gopura.schema.rules.lengths import MOST_INDEXED, Bound
from gopura.schema.violation import enough, failure, nested_failure, tree_of, uncounted


def field_core(field: Field) -> CoreSchema:
    """Everything that a value of this field must pass."""
    eq = field.rule(Eq)
    if eq is not None and eq.wanted is None:
        return core_schema.no_info_plain_validator_function(_only_null(eq.message()))
    schema = _ruled(field, _kind_core(field))
    if field.referenceable:
        schema = core_schema.no_info_wrap_validator_function(_pass_reference, schema)
    refusal = _refusal_of_null(field)
    if refusal is None:
        return core_schema.nullable_schema(schema)
    return core_schema.no_info_before_validator_function(_refuse_null(refusal), schema)


def refusal(field: Field, value: Any) -> Any:
    """The message (or the tree of messages) about one value, None when it is valid."""
    try:
        with uncounted():
            _validator(field).validate_python({} if value is UNSET else {"value": value})
    except ValidationError as error:
        return tree_of(error)["value"]
    return None


def accepted(field: Field, value: Any) -> bool:
    """Whether a value is valid, without the words."""
    with uncounted():
        return _validator(field).isinstance_python({} if value is UNSET else {"value": value})


def _validator(field: Field) -> SchemaValidator:
    """The field's own validator, made at its first use and kept with it."""
    kept = field.__dict__.get("_validator")
    if kept is None:
        only = core_schema.typed_dict_schema({"value": core_schema.typed_dict_field(field_core(field))})
        kept = field.__dict__["_validator"] = SchemaValidator(only)
    return kept


def _refusal_of_null(field: Field) -> str | None:
    ne, eq = field.rule(Ne), field.rule(Eq)
    if ne is not None and ne.unwanted is None:
        return ne.message()
    if eq is not None:
        return f"value must be {wording.text(eq.wanted)}"
    return wording.REQUIRED if field.required else None


def _ruled(field: Field, schema: CoreSchema) -> CoreSchema:
    rules: list[Rule] = [rule for rule in field.rules if rule.checks_values]
    if field.kind == "string" and not field.has(LenMin):
        rules.append(LenMin(1, _own_words(rules)))
    if field.kind == "string" and field.unique:
        rules.append(Bound(MOST_INDEXED))
    for rule in sorted(rules, key=lambda rule: rule.order):
        schema = rule.core(schema)
    return schema


def _own_words(rules: list[Rule]) -> str | None:
    """The field's own refusal, which the rule that strings are not empty uses as well."""
    worded = (rule.err for rule in rules if isinstance(rule, Eq | Ne | OneOf | Match))
    return next((words for words in worded if words), None)


def _kind_core(field: Field) -> CoreSchema:
    if field.abstract:
        return core_schema.no_info_plain_validator_function(_refuse(wording.ABSTRACT))
    return _KINDS[field.kind](field)


def _worded(schema: CoreSchema, message: str) -> CoreSchema:
    return core_schema.custom_error_schema(
        schema, "kind", custom_error_message="{message}", custom_error_context={"message": message}
    )


def _scalar(kind: str, schema: CoreSchema) -> Callable[[Field], CoreSchema]:
    worded = _worded(schema, wording.KINDS[kind])
    return lambda _field: worded


def _list(field: Field) -> CoreSchema:
    assert field.elements is not None
    is_list = _worded(core_schema.is_instance_schema(list), wording.KINDS[field.kind])
    elements = core_schema.list_schema(field_core(field.elements))
    return core_schema.chain_schema([is_list, elements])


def _map(field: Field) -> CoreSchema:
    assert field.keys is not None
    assert field.values is not None
    is_map = _worded(core_schema.is_instance_schema(dict), wording.KINDS["map"])
    items = core_schema.dict_schema(field_core(field.keys), field_core(field.values))
    first_only = core_schema.no_info_wrap_validator_function(_first_failure, items)
    return core_schema.chain_schema(
        [core_schema.no_info_plain_validator_function(_no_list), is_map, first_only]
    )


def _no_list(value: Any) -> Any:
    """A list is a map whose keys are numbers."""
    if isinstance(value, list) and value:
        raise failure(wording.KINDS["string"])
    return value


def _first_failure(value: Any, handler: Callable[[Any], Any]) -> Any:
    """A map is refused with the message about its first bad entry, without the key."""
    try:
        return handler(value)
    except ValidationError as error:
        message = next(iter(tree_of(error).values()))
    while isinstance(message, dict) and "[key]" in message:
        message = message["[key]"]
    raise nested_failure(message) if isinstance(message, dict) else failure(message)


def _record(field: Field) -> CoreSchema:
    assert field.record is not None
    return core_schema.no_info_before_validator_function(_as_record, field.record.core())


def _as_record(value: Any) -> Any:
    if isinstance(value, list) and value:
        raise nested_failure(dict.fromkeys(range(len(value)), wording.UNKNOWN))
    if not isinstance(value, dict | list) and not hasattr(value, "__pydantic_fields__"):
        raise failure(wording.KINDS["record"])
    return value


def _only_null(message: str) -> Callable[[Any], None]:
    def check(value: Any) -> None:
        if value is not None:
            raise failure(message)

    return check


def _refuse(message: str) -> Callable[[Any], None]:
    def check(_value: Any) -> None:
        raise failure(message)

    return check


def _refuse_null(message: str) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        if value is None and not enough():
            raise failure(message)
        return value

    return check


def _pass_reference(value: Any, handler: Callable[[Any], Any]) -> Any:
    return value if is_reference(value) else handler(value)


def _foreign(field: Field) -> CoreSchema:
    return core_schema.no_info_plain_validator_function(_foreign_key(field.reference))


def _foreign_key(reference: str | None) -> Callable[[Any], Any]:
    """A foreign key: an object with the UUID of the other entity; its other members must be fields of that."""

    def check(value: Any) -> Any:
        given = isinstance(value, dict) and "id" in value
        message = refusal(_IDENTITY, value["id"]) if given else wording.MISSING_KEY
        if message is None:
            return value
        look_inside = partial_problems.get(reference)
        inside = look_inside(value) if look_inside and isinstance(value, dict) else {}
        raise nested_failure(inside or {"id": message})

    return check


_IDENTITY = Field("id", "string", (UuidText(),), required=True)


def _any(_field: Field) -> CoreSchema:
    return core_schema.any_schema()


_KINDS: dict[str, Callable[[Field], CoreSchema]] = {
    "string": _scalar("string", core_schema.str_schema(strict=True)),
    "integer": _scalar("integer", core_schema.int_schema(strict=True)),
    "number": _scalar("number", core_schema.float_schema(strict=True, allow_inf_nan=True)),
    "boolean": _scalar("boolean", core_schema.bool_schema(strict=True)),
    "array": _list,
    "set": _list,
    "map": _map,
    "record": _record,
    "foreign": _foreign,
    "json": _any,
    "any": _any,
}
