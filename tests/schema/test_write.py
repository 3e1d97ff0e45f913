import re
import time
from typing import Any

import pytest

from gopura.schema import SchemaViolation, insert, update, upsert
from tests.schema.sample import SAMPLES

UUID = "0a000000-0000-4000-8000-00000000000f"


def refusal(given: dict[str, Any]) -> dict[str, Any]:
    with pytest.raises(SchemaViolation) as caught:
        insert(SAMPLES, given)
    return caught.value.fields


def test_an_inserted_row_is_complete() -> None:
    row = insert(SAMPLES, {"name": "a"})
    assert list(row) == list(SAMPLES.fields)
    assert re.fullmatch(r"[0-9a-f-]{36}", row["id"])
    assert re.fullmatch(r"[0-9A-Za-z]{32}", row["key"])
    assert abs(row["created_at"] - time.time()) < 5
    assert row["updated_at"] == row["created_at"]
    assert row["kind"] == "plain"
    assert row["tags"] is None
    assert row["health"] == {"pulse": {"every": 10, "statuses": [200]}, "path": "/"}


FORMS: list[tuple[str, Any, Any]] = [
    ("port", 8080.0, 8080),
    ("port", None, None),
    ("tags", ["a", "b", "a"], ["a", "b"]),
    ("tags", {}, []),
    ("labels", [], {}),
    ("labels", {"a": 1.0}, {"a": 1}),
    ("health", {"path": None}, {"pulse": {"every": 10, "statuses": [200]}, "path": None}),
    ("health", {"pulse": {"every": 0.5}}, {"pulse": {"every": 0.5, "statuses": [200]}, "path": "/"}),
    ("steps", [{"name": "x"}], [{"name": "x", "enabled": True}]),
    ("owner", {"id": UUID.upper()}, {"id": UUID}),
    ("owner", {"id": UUID, "name": "x"}, {"id": UUID}),
    ("id", UUID.upper(), UUID),
]


@pytest.mark.parametrize(("field", "given", "stored"), FORMS)
def test_the_form_of_stored_values(field: str, given: Any, stored: Any) -> None:
    assert insert(SAMPLES, {"name": "a", field: given})[field] == stored


REFUSED: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {"@entity": ["at least one of these fields must be non-empty: 'host', 'name'"]}),
    ({"name": "a", "nope": 1}, {"nope": "unknown field"}),
    ({"name": "a", "kind": None}, {"kind": "required field missing"}),
    ({"name": "a", "steps": [{"name": "x"}, {}]}, {"steps": [None, {"name": "required field missing"}]}),
    (
        {"name": "", "port": -1, "health": {"pulse": {"every": 61}, "x": 1}},
        {
            "@entity": ["at least one of these fields must be non-empty: 'host', 'name'"],
            "name": "length must be at least 1",
            "port": "value should be between 0 and 65535",
            "health": {"pulse": {"every": "value should be between 0 and 60"}, "x": "unknown field"},
        },
    ),
    ({"name": "a", "address": 1}, {"address": "expected a string"}),
    ({"name": "a", "owner": {"name": "x"}}, {"owner": {"id": "missing primary key"}}),
    (
        {"host": "a", "secret": "s"},
        {"@entity": ["all or none of these fields must be set: 'secret', 'name'"]},
    ),
]


@pytest.mark.parametrize(("given", "fields"), REFUSED)
def test_all_messages_at_once(given: dict[str, Any], fields: dict[str, Any]) -> None:
    assert refusal(given) == fields


def test_shorthand() -> None:
    row = insert(SAMPLES, {"address": "a.test:8080"})
    assert (row["host"], row["port"]) == ("a.test", 8080)
    assert "address" not in row


def test_transformation() -> None:
    assert insert(SAMPLES, {"name": "a", "secret": "s"})["secret"] == "a-s"


STORED = insert(
    SAMPLES, {"name": "a", "port": 1, "tags": ["x"], "labels": {"a": 1}, "fixed": "f", "secret": "s"}
)

CHANGES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"port": 2}, {"port": 2}),
    ({"port": None}, {"port": None}),
    ({"tags": ["y", "y"]}, {"tags": ["y"]}),
    ({"labels": {"b": 2}}, {"labels": {"b": 2}}),
    (
        {"health": {"pulse": {"every": 1}}},
        {"health": {"pulse": {"every": 1, "statuses": [200]}, "path": "/"}},
    ),
    ({"health": {"path": None}}, {"health": {"pulse": {"every": 10, "statuses": [200]}, "path": None}}),
    ({"steps": [{"name": "x"}]}, {"steps": [{"name": "x", "enabled": True}]}),
    ({"address": "b.test"}, {"host": "b.test", "port": 80}),
    ({"fixed": "f"}, {}),
    ({"name": "b", "secret": "t"}, {"name": "b", "secret": "b-t"}),
]


@pytest.mark.parametrize(("given", "changed"), CHANGES)
def test_a_change_merges(given: dict[str, Any], changed: dict[str, Any]) -> None:
    row = update(SAMPLES, given, STORED)
    assert row == {**STORED, **changed, "updated_at": row["updated_at"]}


REFUSED_CHANGES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (
        {"name": None},
        {"@entity": ["when updating, at least one of these fields must be non-empty: 'host', 'name'"]},
    ),
    ({"kind": None}, {"kind": "required field missing"}),
    ({"fixed": "g"}, {"fixed": "immutable field cannot be updated"}),
    ({"nope": 1}, {"nope": "unknown field"}),
    ({"secret": "t"}, {"@entity": ["all or none of these fields must be set: 'secret', 'name'"]}),
]


@pytest.mark.parametrize(("given", "fields"), REFUSED_CHANGES)
def test_a_change_is_refused(given: dict[str, Any], fields: dict[str, Any]) -> None:
    with pytest.raises(SchemaViolation) as caught:
        update(SAMPLES, given, STORED)
    assert caught.value.fields == fields


def test_a_change_leaves_the_stored_row_alone() -> None:
    before = {**STORED, "health": {**STORED["health"]}}
    update(SAMPLES, {"health": {"path": "/x"}}, STORED)
    assert before == STORED


def test_upsert_replaces() -> None:
    row = upsert(SAMPLES, {"name": "b"}, {"id": UUID})
    assert (row["id"], row["name"], row["tags"]) == (UUID, "b", None)
