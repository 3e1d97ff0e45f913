from gopura.schema import render
from tests.schema.sample import SAMPLES

SHOWN = {name: field for item in render(SAMPLES)["fields"] for name, field in item.items()}


def test_fields_in_their_order() -> None:
    assert list(SHOWN) == list(SAMPLES.fields)


def test_rules_of_a_field() -> None:
    assert SHOWN["kind"] == {
        "type": "string",
        "required": True,
        "default": "plain",
        "one_of": ["plain", "fancy"],
        "description": "A kind.",
    }
    assert SHOWN["tags"] == {"type": "set", "elements": {"type": "string"}, "description": "Words."}
    assert SHOWN["owner"]["reference"] == "owners"
    assert SHOWN["owner"]["on_delete"] == "cascade"
    assert SHOWN["labels"]["values"] == {"type": "integer"}


def test_records_are_required_and_nest() -> None:
    assert SHOWN["health"]["required"] is True
    pulse = SHOWN["health"]["fields"][0]["pulse"]
    assert pulse["fields"][0]["every"]["between"] == [0, 60]
    assert "required" not in SHOWN["steps"]["elements"]


def test_checks_are_shown_and_shorthands_of_entities_are_not() -> None:
    assert render(SAMPLES)["entity_checks"] == [{"at_least_one_of": ["host", "name"]}]
    assert "shorthand_fields" not in render(SAMPLES)
