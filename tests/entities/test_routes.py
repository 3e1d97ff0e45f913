from typing import Any

import pytest

from gopura import entities
from gopura.schema import insert, render, update
from tests.entities.refusals import fields_of

STREAM = "'tcp', 'tls', 'tls_passthrough' or 'udp'"
SNIS = "'snis' can only be set when 'protocols' is 'grpcs', 'https', 'tls' or 'tls_passthrough'"
SETS = "these sets are mutually exclusive: ('http', 'https'), ('tcp', 'tls', 'udp')"

REFUSED: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"paths": ["/a"]}, {}),
    ({"protocols": ["tcp"], "sources": [{"ip": "10.0.0.0/8"}]}, {}),
    ({"protocols": ["tls_passthrough"], "snis": ["a.test"]}, {}),
    ({"protocols": ["grpc"], "hosts": ["a.test"]}, {}),
    ({}, {"@entity": ["must set one of 'methods', 'hosts', 'headers', 'paths', 'snis' when 'protocols' is 'https'"]}),
    ({"protocols": ["http"]}, {"@entity": ["must set one of 'methods', 'hosts', 'headers', 'paths' "
                                           "when 'protocols' is 'http'"]}),
    ({"protocols": ["tcp"]}, {"@entity": ["must set one of 'sources', 'destinations', 'snis' "
                                          "when 'protocols' is 'tcp', 'tls' or 'udp'"]}),
    ({"protocols": ["tls_passthrough"]}, {"@entity": ["must set snis when 'protocols' is 'tls_passthrough'"]}),
    ({"protocols": ["grpc"]}, {"@entity": ["must set one of 'hosts', 'headers', 'paths' "
                                           "when 'protocols' is 'grpc'"]}),
    ({"protocols": []}, {"protocols": "unknown type: nil"}),
    ({"protocols": None}, {"protocols": "required field missing"}),
    ({"protocols": "http"}, {"protocols": "expected a set"}),
    ({"protocols": ["foo"]}, {"protocols": "unknown type: foo"}),
    ({"protocols": ["http", "tcp"], "paths": ["/a"]}, {"protocols": SETS}),
    ({"paths": ["/a"], "sources": [{"port": 1}]},
     {"sources": "cannot set 'sources' when 'protocols' is 'http' or 'https'"}),
    ({"protocols": ["tcp"], "paths": ["/a"], "sources": [{"port": 1}]},
     {"paths": f"cannot set 'paths' when 'protocols' is {STREAM}"}),
    ({"protocols": ["grpc"], "paths": ["/a"], "strip_path": True},
     {"strip_path": "cannot set 'strip_path' when 'protocols' is 'grpc' or 'grpcs'"}),
    ({"protocols": ["http"], "paths": ["/a"], "snis": ["a.test"]}, {"@entity": [SNIS], "snis": "length must be 0"}),
    ({"paths": ["/a"], "headers": {"Host": ["a"]}},
     {"headers": "cannot contain 'host' header, which must be specified in the 'hosts' attribute"}),
    ({"paths": ["/a"], "https_redirect_status_code": 303},
     {"https_redirect_status_code": "expected one of: 426, 301, 302, 307, 308"}),
    ({"paths": ["/a"], "path_handling": "v2"}, {"path_handling": "expected one of: v0, v1"}),
    ({"paths": ["/a"], "service": {"foo": 1}}, {"service": {"foo": "unknown field"}}),
    ({"paths": ["/a"], "service": {"name": "s1"}}, {"service": {"id": "missing primary key"}}),
]  # fmt: skip


@pytest.mark.parametrize(("given", "fields"), REFUSED)
def test_refused(given: dict[str, Any], fields: dict[str, Any]) -> None:
    assert fields_of("routes", given) == fields


def test_defaults_follow_the_protocol() -> None:
    assert insert(entities.get("routes"), {"paths": ["/a"]})["strip_path"] is True
    assert insert(entities.get("routes"), {"protocols": ["grpc"], "paths": ["/a"]})["strip_path"] is False


def test_a_change_is_checked_with_what_is_stored() -> None:
    stored = insert(entities.get("routes"), {"paths": ["/a"], "hosts": ["a.test"]})
    assert update(entities.get("routes"), {"paths": None}, stored)["hosts"] == ["a.test"]


def test_the_expressions_flavour() -> None:
    entities.use_router_flavor("expressions")
    fields = {
        name: field for item in render(entities.get("routes"))["fields"] for name, field in item.items()
    }
    assert fields["expression"]["required"] is True
    assert "paths" not in fields
    assert fields_of("routes", {"paths": ["/a"]}) == {
        "expression": "required field missing",
        "paths": "unknown field",
    }


SERVABLE: list[tuple[dict[str, Any], bool]] = [
    ({"paths": [r"~/a/\d+$"]}, True),
    ({"paths": [r"~/(?<id>\p{L}+)(?!x)"]}, True),
    ({"paths": ["~/(?i)a"]}, True),
    ({"paths": ["~/a("]}, False),
    ({"paths": ["~/(a{1000}){1000}{1000}"]}, False),
    ({"paths": ["/a"], "headers": {"x-a": ["~*^b+$"]}}, True),
    ({"paths": ["/a"], "headers": {"x-a": ["~*("]}}, False),
    ({"paths": ["/a"], "headers": {"x-a": ["("]}}, True),
]


@pytest.mark.parametrize(("given", "servable"), SERVABLE)
def test_what_the_router_cannot_serve_is_refused(given: dict[str, Any], servable: bool) -> None:
    fields = fields_of("routes", given)
    assert (fields == {}) is servable
    assert servable or "invalid regex: '" in str(fields)


@pytest.mark.parametrize(
    ("expression", "valid"),
    [
        ('http.path ^= "/a" && http.method == "GET"', True),
        ('http.path ~ r#"^/\\d+$"#', True),
        ("http.path ==", False),
        ('nonsense.field == "a"', False),
        ("http.path == 1", False),
    ],
)
def test_expressions_are_parsed(expression: str, valid: bool) -> None:
    entities.use_router_flavor("expressions")
    fields = fields_of("routes", {"expression": expression})
    assert (fields == {}) is valid
    assert valid or fields["@entity"][0].startswith("Router Expression failed validation: ")
