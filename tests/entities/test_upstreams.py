from typing import Any

import pytest

from gopura import entities
from gopura.schema import insert, update
from tests.entities.refusals import fields_of

UPSTREAMS = entities.get("upstreams")
REASON = "failed conditional validation given value of field '%s'"
SOURCES = "expected one of: none, consumer, ip, header, cookie, path, query_arg, uri_capture"

REFUSED: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"name": "a.test"}, {}),
    ({"name": "1.2.3.4"}, {"name": "Invalid name ('1.2.3.4'); no ip addresses allowed"}),
    ({"name": "a.test:80"}, {"name": "Invalid name ('a.test:80'); no port allowed"}),
    ({"name": "a b"}, {"name": "Invalid name ('a b'); must be a valid hostname"}),
    ({"name": "a", "slots": 9}, {"slots": "value should be between 10 and 65536"}),
    ({"name": "a", "hash_on": "nope"}, {"hash_on": SOURCES}),
    ({"name": "a", "hash_on": "header"},
     {"hash_on_header": "required field missing", "@entity": [REASON % "hash_on"]}),
    ({"name": "a", "hash_fallback": "ip"},
     {"hash_fallback": "expected one of: none", "@entity": [REASON % "hash_on"]}),
    ({"name": "a", "hash_on": "header", "hash_on_header": "x", "hash_fallback": "header", "hash_fallback_header": "x"},
     {"@entity": ["values of these fields must be distinct: 'hash_on_header', 'hash_fallback_header'"]}),
    ({"name": "a", "hash_on_cookie": "a b"},
     {"hash_on_cookie": "bad cookie name 'a b', allowed characters are A-Z, a-z, 0-9, '_', and '-'"}),
    ({"name": "a", "healthchecks": {"active": {"healthy": {"http_statuses": [200, 99]}}}},
     {"healthchecks": {"active": {"healthy": {"http_statuses": [None, "value should be between 100 and 999"]}}}}),
    ({"name": "a", "healthchecks": {"threshold": 101}},
     {"healthchecks": {"threshold": "value should be between 0 and 100"}}),
]  # fmt: skip


@pytest.mark.parametrize(("given", "fields"), REFUSED)
def test_refused(given: dict[str, Any], fields: dict[str, Any]) -> None:
    assert fields_of("upstreams", given) == fields


@pytest.mark.parametrize(
    ("given", "algorithm", "hash_on"),
    [
        ({}, "round-robin", "none"),
        ({"hash_on": "ip"}, "consistent-hashing", "ip"),
        ({"hash_on": "none", "algorithm": "consistent-hashing"}, "round-robin", "none"),
        ({"algorithm": "least-connections", "hash_on": "ip"}, "least-connections", "none"),
        ({"algorithm": "latency"}, "latency", "none"),
    ],
)
def test_algorithm_and_hash_source_follow_each_other(
    given: dict[str, Any], algorithm: str, hash_on: str
) -> None:
    row = insert(UPSTREAMS, {"name": "a", **given})
    assert (row["algorithm"], row["hash_on"]) == (algorithm, hash_on)


def test_health_checks_are_complete_and_merge() -> None:
    stored = insert(UPSTREAMS, {"name": "a"})
    row = update(UPSTREAMS, {"healthchecks": {"active": {"timeout": 5}}}, stored)
    assert row["healthchecks"]["active"]["timeout"] == 5
    assert row["healthchecks"]["active"]["concurrency"] == 10
    assert row["healthchecks"]["passive"] == stored["healthchecks"]["passive"]
    assert row["healthchecks"]["threshold"] == 0
