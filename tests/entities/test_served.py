"""What an entity's description accepts, the engine takes: otherwise one entity would keep all later changes out."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gopura import entities
from gopura._engine import Engine, SnapshotError
from gopura.schema import Field, SchemaViolation, insert
from gopura.schema.core import accepted
from tests.engine.proxy import Config

TEXTS = [
    "a",
    "a.test",
    "*.a.test",
    "a.test:80",
    "127.0.0.1",
    "::1",
    "[::1]:1",
    "10.0.0.0/8",
    "/",
    "/a/b%20c",
    "/ä b",
    r"~/(?<id>\d+)",
    r"~/a(?!b)\h{2}",
    "~*^a+$",
    "GET",
    "x-a",
    "http://a.test",
    "{vault://env/a}",
    "ä",
]
NUMBERS = [-(2**40), -1, 0, 1, 10, 80, 200, 255, 443, 999, 32767, 65535, 2147483646, 2**40, 2**62, 0.5, 60.25]
CHOICES = [
    "http",
    "https",
    "grpc",
    "grpcs",
    "tcp",
    "tls",
    "udp",
    "none",
    "ip",
    "header",
    "cookie",
    "path",
    "v0",
    "v1",
]
CHOICES += ["consistent-hashing", "least-connections", "latency", "round-robin", "query_arg", "uri_capture"]
SCALARS: list[Any] = [None, True, False, "", *NUMBERS, *TEXTS, *CHOICES, 301, 308, 426]
UUID = "0a000000-0000-4000-8000-00000000000f"


def valid(field: Field) -> st.SearchStrategy[Any]:
    """Values that the field's own rules accept."""
    alone = [value for value in SCALARS if accepted(field, value)]
    found = [st.sampled_from(alone)] if alone else []
    if field.elements is not None:
        found.append(st.lists(valid(field.elements), min_size=1, max_size=3))
    elif field.values is not None and field.keys is not None:
        found.append(st.dictionaries(valid(field.keys), valid(field.values), max_size=2))
    elif field.record is not None:
        found.append(some_of(field.record.fields))
    elif field.kind == "foreign":
        found.append(st.just({"id": UUID}))
    return st.one_of(found) if found else st.nothing()


def some_of(fields: Any) -> st.SearchStrategy[dict[str, Any]]:
    """Some of the fields."""
    chosen = {name: valid(field) for name, field in fields.items() if not field.auto and not field.abstract}
    return st.fixed_dictionaries(
        {}, optional={name: values for name, values in chosen.items() if not values.is_empty}
    )


@pytest.fixture(scope="module")
def engine() -> Engine:
    """An engine that serves nothing."""
    return Engine(json.dumps({"workers": 1, "listeners": [], "log_level": "crit"}).encode())


@pytest.mark.parametrize("name", ["services", "routes", "consumers", "upstreams", "targets", "snis"])
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_accepted_means_served(engine: Engine, name: str, data: st.DataObject) -> None:
    entity = entities.get(name)
    try:
        row = insert(entity, data.draw(some_of(entity.fields)))
    except SchemaViolation:
        return
    config = Config()
    config.entities[name] = [row]
    try:
        engine.prepare(config.message())
    except SnapshotError as error:
        pytest.fail(f"{error} {json.dumps(row)}")
