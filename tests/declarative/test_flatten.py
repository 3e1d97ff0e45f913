"""Errors by entity."""

from typing import Any

import pytest

from gopura import entities
from gopura.declarative import InvalidConfiguration, flatten
from gopura.declarative.validate import rows

ID = "0a000000-0000-4000-8000-000000000001"

CASES: list[tuple[dict[str, Any], Any, dict[str, Any]]] = [
    (
        {"services": [{"name": "s"}]},
        [
            {
                "entity": {"name": "s"},
                "entity_name": "s",
                "entity_type": "service",
                "errors": [{"field": "host", "message": "required field missing", "type": "field"}],
            }
        ],
        {},
    ),
    (
        {"services": [{"id": ID, "host": "a.test", "routes": [{"paths": ["x"], "tags": ["t"]}]}]},
        [
            {
                "entity": {"paths": ["x"], "tags": ["t"], "service": {"id": ID}},
                "entity_tags": ["t"],
                "entity_type": "route",
                "errors": [
                    {
                        "field": "paths.1",
                        "message": "should start with: / (fixed path) or ~/ (regex path)",
                        "type": "field",
                    }
                ],
            }
        ],
        {},
    ),
    (
        {"consumers": [{}]},
        [
            {
                "entity": {},
                "entity_type": "consumer",
                "errors": [
                    {
                        "message": "at least one of these fields must be non-empty: 'custom_id', 'username'",
                        "type": "entity",
                    }
                ],
            }
        ],
        {},
    ),
    (
        {
            "services": [
                {"name": "s", "host": "a", "nonsense": 1, "routes": [{"paths": ["/"]}], "plugins": "x"}
            ]
        },
        [
            {
                "entity": {"name": "s", "host": "a", "nonsense": 1, "plugins": "x"},
                "entity_name": "s",
                "entity_type": "service",
                "errors": [
                    {"field": "plugins", "message": "expected an array", "type": "field"},
                    {"field": "nonsense", "message": "unknown field", "type": "field"},
                ],
            }
        ],
        {},
    ),
    (
        {"routes": [{"name": "r", "paths": ["/"], "service": {"id": "x"}}]},
        [
            {
                "entity": {"id": "x"},
                "entity_type": "service",
                "errors": [{"field": "id", "message": "expected a valid UUID", "type": "field"}],
            }
        ],
        {},
    ),
    ({"nonsense": []}, {}, {"nonsense": "unknown field"}),
]


@pytest.mark.parametrize(("sections", "flat", "left"), CASES)
def test_flattened(sections: dict[str, Any], flat: Any, left: dict[str, Any]) -> None:
    document = {"_format_version": "3.0", **sections}
    with pytest.raises(InvalidConfiguration) as refused:
        rows(document, entities.all())
    body = flatten.body(refused.value, document, entities.all())
    assert (body["flattened_errors"], body["fields"]) == (flat, left)
