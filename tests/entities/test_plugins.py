from typing import Any

import pytest

from gopura import entities
from gopura.entities import plugins
from gopura.schema import coerce_form, insert, update
from tests.entities.refusals import fields_of

UUID = "0a000000-0000-4000-8000-00000000000f"

REFUSED: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"name": "key-auth"}, {}),
    ({}, {"name": "required field missing"}),
    ({"name": "nope"}, {"name": "plugin 'nope' not enabled; add it to the 'plugins' configuration property"}),
    ({"name": "key-auth", "consumer": {"id": UUID}}, {"consumer": "value must be null"}),
    ({"name": "key-auth", "protocols": ["tcp"]}, {"protocols": ["expected one of: grpc, grpcs, http, https"]}),
    ({"name": "file-log", "protocols": ["tcp"], "config": {"path": "/tmp/x"}}, {}),
    ({"name": "key-auth", "config": {"key_names": ["a b"], "x": 1}},
     {"config": {"key_names": ["bad header name 'a b', allowed characters are A-Z, a-z, 0-9, '_', and '-'"],
                 "x": "unknown field"}}),
    ({"name": "key-auth", "config": "x"}, {"config": "expected a record"}),
    ({"name": "key-auth", "route": {"paths": ["/a"]}}, {"route": {"protocols": "required field missing"}}),
]  # fmt: skip


@pytest.mark.parametrize(("given", "fields"), REFUSED)
def test_refused(given: dict[str, Any], fields: dict[str, Any]) -> None:
    assert fields_of("plugins", given) == fields


def test_the_configuration_is_complete() -> None:
    row = insert(entities.get("plugins"), {"name": "key-auth", "config": {"key_in_body": True}})
    assert row["config"]["key_names"] == ["apikey"]
    assert row["config"]["key_in_body"] is True
    assert row["protocols"] == ["grpc", "grpcs", "http", "https"]


def test_a_change_merges_the_configuration() -> None:
    stored = insert(
        entities.get("plugins"), {"name": "key-auth", "config": {"key_names": ["a"], "anonymous": "x"}}
    )
    row = update(entities.get("plugins"), {"config": {"key_in_body": True, "anonymous": None}}, stored)
    assert row["config"] == {**stored["config"], "key_in_body": True, "anonymous": None}


def test_form_values_by_the_plugin() -> None:
    given = {"name": "jwt", "config": {"maximum_expiration": "60", "claims_to_verify": "exp"}}
    assert coerce_form(entities.get("plugins"), given)["config"] == {
        "maximum_expiration": 60,
        "claims_to_verify": ["exp"],
    }


def test_only_enabled_plugins_can_be_named() -> None:
    all_of_them = plugins.enabled()
    try:
        plugins.enable({"key-auth": all_of_them["key-auth"]})
        assert fields_of("plugins", {"name": "key-auth"}) == {}
        assert "not enabled" in fields_of("plugins", {"name": "cors"})["name"]
    finally:
        plugins.enable(all_of_them)


KEY_AUTH = {"access": ["key-auth"]}

ORDERINGS: list[tuple[Any, dict[str, Any]]] = [
    ({"before": KEY_AUTH}, {}),
    ({"before": KEY_AUTH, "after": {"access": ["cors", "jwt"]}}, {}),
    (None, {}),
    ({"foo": "bar"}, {"ordering": {"foo": "unknown field"}}),
    ({"before": {"log": ["key-auth"]}}, {"ordering": {"before": {"log": "unknown field"}}}),
    ({"after": {"access": ["nope"]}},
     {"ordering": {"after": {"access": [
         "plugin 'nope' not enabled; add it to the 'plugins' configuration property"]}}}),
]  # fmt: skip


@pytest.mark.parametrize(("ordering", "fields"), ORDERINGS)
def test_ordering_is_there_when_it_is_wanted(
    ordering: Any, fields: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"name": "rate-limiting", "config": {"minute": 1}, "ordering": ordering}
    assert fields_of("plugins", given) == {"ordering": "unknown field"}
    monkeypatch.setattr(entities.surroundings, "plugin_ordering", True)
    assert fields_of("plugins", given) == fields
    if not fields:
        assert set(insert(entities.get("plugins"), given)) >= {"ordering", "config", "protocols"}


def test_without_the_setting_plugins_have_no_ordering() -> None:
    entity = entities.get("plugins")
    assert "ordering" in entity.dormant
    assert "ordering" not in insert(entity, {"name": "key-auth"})
