from typing import Any

import pytest

from gopura.schema import coerce_form
from tests.schema.sample import SAMPLES

CASES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"port": "80"}, {"port": 80}),
    ({"port": "80.5"}, {"port": 80.5}),
    ({"port": "many"}, {"port": "many"}),
    ({"name": "12"}, {"name": "12"}),
    ({"name": ""}, {"name": None}),
    ({"tags": "a"}, {"tags": ["a"]}),
    ({"tags": ["a", "b"]}, {"tags": ["a", "b"]}),
    ({"labels": {"a": "1", "b": "x"}}, {"labels": {"a": 1, "b": "x"}}),
    (
        {"health": {"pulse": {"every": "2", "statuses": "200"}}},
        {"health": {"pulse": {"every": 2, "statuses": [200]}}},
    ),
    ({"steps": [{"name": "a", "enabled": "false"}]}, {"steps": [{"name": "a", "enabled": False}]}),
    ({"steps": [{"name": "a", "enabled": "maybe"}]}, {"steps": [{"name": "a", "enabled": "maybe"}]}),
    ({"owner": {"id": "", "name": "x"}}, {"owner": {"id": None, "name": "x"}}),
    ({"address": "a.test"}, {"address": "a.test"}),
    ({"ttl": "10"}, {"ttl": 10}),
    ({"unknown": "1"}, {"unknown": "1"}),
]


@pytest.mark.parametrize(("given", "values"), CASES)
def test_text_becomes_what_the_field_holds(given: dict[str, Any], values: dict[str, Any]) -> None:
    assert coerce_form(SAMPLES, given) == values
