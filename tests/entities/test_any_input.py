"""Whatever comes in, an entity is either complete and stays valid, or refused with messages."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gopura import entities
from gopura.entities import plugins
from gopura.schema import EntityType, Field, SchemaViolation, coerce_form, insert, update

TEXTS = st.sampled_from(
    [
        "",
        "a",
        "a.test",
        "/a",
        "~/(",
        "http",
        "10.0.0.0/8",
        "{vault://env/a}",
        "none",
        "\ud800",
        "\0",
        "0" * 40,
    ]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS | st.text(max_size=5)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(TEXTS | st.text(max_size=3), inner, max_size=3)
    ),
)
WRITES = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def value_for(field: Field) -> st.SearchStrategy[Any]:
    """Often of the field's kind, sometimes anything."""
    fitting: st.SearchStrategy[Any] = SCALARS
    if field.elements is not None:
        fitting = st.lists(value_for(field.elements), max_size=3)
    elif field.values is not None:
        fitting = st.dictionaries(TEXTS, value_for(field.values), max_size=2)
    elif field.record is not None:
        fitting = part_of(field.record.fields)
    elif field.kind == "foreign":
        fitting = st.fixed_dictionaries({"id": st.uuids().map(str) | SCALARS})
    return st.one_of(fitting, fitting, ANYTHING)


def part_of(fields: Any) -> st.SearchStrategy[dict[str, Any]]:
    """Some of the fields, and sometimes others."""
    some = st.fixed_dictionaries({}, optional={name: value_for(field) for name, field in fields.items()})
    others = st.just({}) | st.dictionaries(st.text(max_size=3), SCALARS, max_size=1)
    return st.tuples(some, others).map(lambda both: both[0] | both[1])


def check(entity: EntityType, given_row: dict[str, Any], change: dict[str, Any]) -> dict[str, Any] | None:
    """The row, None when it is refused."""
    try:
        row = insert(entity, given_row)
    except SchemaViolation as violation:
        assert violation.fields
        assert "schema violation" in violation.message
        json.dumps(violation.body())
        return None
    assert set(row) == set(entity.fields)
    again = update(entity, {}, row)
    assert {**again, "updated_at": None} == {**row, "updated_at": None} or "updated_at" not in row
    try:
        update(entity, change, row)
    except SchemaViolation as violation:
        assert violation.fields
    return row


@pytest.mark.parametrize("name", sorted(entities.all()))
@WRITES
@given(data=st.data())
def test_entities(name: str, data: st.DataObject) -> None:
    entity = entities.get(name)
    parts = part_of(entity.fields)
    row = check(entity, data.draw(parts), data.draw(parts))
    assert row is None or entity.model.load(row)


@pytest.mark.parametrize("name", sorted(plugins.enabled()))
@WRITES
@given(data=st.data())
def test_plugins(name: str, data: st.DataObject) -> None:
    config = plugins.enabled()[name].Config
    configs = part_of(config.described())
    first, second = ({"name": name, "config": data.draw(configs)} for _ in range(2))
    row = check(entities.get("plugins"), first, second)
    assert row is None or config.load(row["config"])


@pytest.mark.parametrize("name", sorted(entities.all()))
@WRITES
@given(data=st.data())
def test_forms(name: str, data: st.DataObject) -> None:
    coerce_form(entities.get(name), data.draw(part_of(entities.get(name).fields)))
