from typing import Any

import pytest

from tests.entities.refusals import fields_of

CERTIFICATE = {"id": "0a000000-0000-4000-8000-00000000000f"}

CASES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("consumers", {"username": "a"}, {}),
    ("consumers", {"custom_id": "a"}, {}),
    ("consumers", {}, {"@entity": ["at least one of these fields must be non-empty: 'custom_id', 'username'"]}),
    ("consumers", {"username": 1}, {"username": "expected a string"}),
    ("snis", {"name": "*.a.test", "certificate": CERTIFICATE}, {}),
    ("snis", {"name": "a.test"}, {"certificate": "required field missing"}),
    ("snis", {"name": "1.2.3.4", "certificate": CERTIFICATE}, {"name": "must not be an IP"}),
    ("vaults", {"name": "env", "prefix": "my-env", "config": {"prefix": "MY_"}}, {}),
    ("vaults", {"name": "env", "prefix": "env"}, {"prefix": "must not be one of: env"}),
    ("vaults", {"name": "env", "prefix": "A"}, {"prefix": "invalid value: A"}),
    ("vaults", {"name": "env", "prefix": "a1", "config": {"prefix": "1"}}, {"config": {"prefix": "invalid value: 1"}}),
    ("vaults", {"name": "nope", "prefix": "a1"}, {"name": "vault 'nope' is not installed"}),
    ("key_sets", {}, {}),
    ("workspaces", {"name": "services"},
     {"name": "must not be one of: workspaces, consumers, certificates, services, routes, snis, upstreams, targets, "
              "plugins, tags, ca_certificates, clustering_data_planes, parameters, vaults, key_sets, keys, "
              "filter_chains"}),
    ("filter_chains", {"filters": [{"name": "x"}]},
     {"@entity": ["at least one of these fields must be non-empty: 'service', 'route'", "wasm support is not enabled"],
      "filters": [{"name": "no such filter"}]}),
    ("clustering_data_planes", {"ip": "1.2.3.4", "hostname": "a", "config_hash": "x"},
     {"config_hash": "length must be 32"}),
    ("parameters", {"key": "a"}, {"value": "required field missing"}),
    ("sessions", {}, {"session_id": "required field missing"}),
]  # fmt: skip


@pytest.mark.parametrize(("entity", "given", "fields"), CASES)
def test_cases(entity: str, given: dict[str, Any], fields: dict[str, Any]) -> None:
    assert fields_of(entity, given) == fields
