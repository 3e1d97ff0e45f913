from typing import Annotated, Any

import pytest

from gopura import entities
from gopura.schema import (
    Between,
    Eq,
    Foreign,
    ForeignKey,
    Gt,
    LenEq,
    LenMax,
    LenMin,
    Match,
    NotOneOf,
    OneOf,
    Referenceable,
    SetOf,
    StartsWith,
    UuidText,
    insert,
)
from gopura.schema.annotation import element_of
from gopura.schema.json_schema import field_schema, json_schema
from tests.schema.sample import SAMPLES

TEXT = {"type": "string", "minLength": 1}

CASES: list[tuple[Any, dict[str, Any]]] = [
    (str, TEXT),
    (Annotated[str, LenMin(0), LenMax(5)], {"type": "string", "minLength": 0, "maxLength": 5}),
    (Annotated[str, LenEq(32)], {"type": "string", "minLength": 32, "maxLength": 32}),
    (Annotated[str, OneOf("a", "b")], {**TEXT, "enum": ["a", "b"]}),
    (Annotated[str, NotOneOf("a")], {**TEXT, "not": {"enum": ["a"]}}),
    (Annotated[str, UuidText()], {**TEXT, "format": "uuid"}),
    (Annotated[str, StartsWith("/")], {**TEXT, "pattern": "^/"}),
    (Annotated[str, Match("^%u+$", r"^[A-Z]+\Z")], {**TEXT, "pattern": "^[A-Z]+$"}),
    (
        Annotated[str, StartsWith("/"), Match("a$")],
        {"allOf": [{"type": "string", "pattern": "^/"}, {"pattern": "a$"}], "minLength": 1},
    ),
    (Annotated[int, Between(1, 5)], {"type": "integer", "minimum": 1, "maximum": 5}),
    (Annotated[float, Gt(0)], {"type": "number", "exclusiveMinimum": 0}),
    (Annotated[bool, Eq(True)], {"type": "boolean", "const": True}),
    (Annotated[list[str], LenMin(1)], {"type": "array", "items": TEXT, "minItems": 1}),
    (Annotated[list[str], SetOf()], {"type": "array", "items": TEXT}),
    (dict[str, int], {"type": "object", "additionalProperties": {"type": "integer"}}),
    (Annotated[ForeignKey, Foreign("owners")], {"type": "object"}),
    (Annotated[str, Eq(None)], {"type": "null"}),
    (Annotated[str, Referenceable()], {"anyOf": [TEXT, {"type": "string", "pattern": r"^\{vault://.*\}$"}]}),
]


@pytest.mark.parametrize(("annotation", "schema"), CASES)
def test_kinds_and_rules(annotation: Any, schema: dict[str, Any]) -> None:
    assert field_schema(element_of(annotation)) == schema


def test_what_clients_send() -> None:
    schema = json_schema(SAMPLES.shape)
    assert "required" not in schema
    assert "address" in schema["properties"]
    assert schema["properties"]["host"] == {"anyOf": [TEXT, {"type": "null"}], "description": "A host."}
    assert schema["properties"]["kind"]["default"] == "plain"
    assert json_schema(entities.get("services").shape)["required"] == ["host"]


def test_what_is_stored_has_every_field() -> None:
    schema = json_schema(SAMPLES.shape, stored=True)
    assert schema["required"] == list(SAMPLES.fields)
    assert set(insert(SAMPLES, {"name": "a"})) == set(schema["properties"])
    assert schema["properties"]["tags"]["anyOf"][0]["uniqueItems"] is True
