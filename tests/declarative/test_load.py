"""Documents put in the place of what is stored."""

from pathlib import Path
from typing import Any

import pytest

from gopura import declarative
from gopura.store import Store

TEXT = """
_format_version: "3.0"
_comment: an example
services:
- name: orders
  url: http://orders.test:81/v1
  _comment: ours
  tags: [a, b]
  routes:
  - name: list
    paths: [/orders]
    plugins:
    - name: key-auth
  - paths: [/other]
consumers:
- username: bob
  keyauth_credentials:
  - key: secret
  acls:
  - group: staff
plugins:
- name: correlation-id
- name: request-termination
  consumer: bob
upstreams:
- name: u.test
  targets:
  - target: 10.0.0.1:80
"""


async def test_everything_finds_its_place(store: Store) -> None:
    loaded = await declarative.apply(store, declarative.parse(TEXT))
    counts = {name: len(rows) for name, rows in loaded.rows.items() if rows}
    assert counts == {
        "services": 1,
        "routes": 2,
        "consumers": 1,
        "keyauth_credentials": 1,
        "acls": 1,
        "plugins": 3,
        "upstreams": 1,
        "targets": 1,
    }
    service = await store.get_by("services", "name", "orders")
    route = await store.get_by("routes", "name", "list")
    bob = await store.get_by("consumers", "username", "bob")
    assert service and route and bob
    assert (service["host"], service["port"], route["service"]) == ("orders.test", 81, {"id": service["id"]})
    plugins = (await store.page("plugins")).data
    assert {plugin["name"]: plugin["consumer"] or plugin["route"] for plugin in plugins} == {
        "key-auth": {"id": route["id"]},
        "correlation-id": None,
        "request-termination": {"id": bob["id"]},
    }


async def test_only_differences_are_changes(store: Store) -> None:
    document = declarative.parse(TEXT)
    first = await declarative.apply(store, document)
    assert first.version == 11
    again = await declarative.apply(store, document)
    assert (again.version, again.hash) == (first.version, first.hash) == (11, store.configuration_hash)
    document["services"][0]["retries"] = 1
    del document["upstreams"]
    third = await declarative.apply(store, document)
    changes = await store.changes(again.version)
    kinds = {(change.entity, change.before is None, change.after is None) for change in changes}
    assert kinds == {("services", False, False), ("upstreams", False, True), ("targets", False, True)}
    assert third.version == again.version + 3


async def test_a_dump_loads_to_the_same(store: Store) -> None:
    first = await declarative.apply(store, declarative.parse(TEXT))
    dumped = declarative.parse(await declarative.dump(store))
    assert (await declarative.apply(store, dumped)).version == first.version


async def test_a_file(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "kong.yml"
    path.write_text(TEXT)
    assert (await declarative.load_file(store, path)).version == 11
    with pytest.raises(OSError, match=r"nope\.yml"):
        await declarative.load_file(store, tmp_path / "nope.yml")


FAULTS: list[tuple[str, dict[str, Any]]] = [
    ("services: []", {"_format_version": "required field missing"}),
    ("_format_version: '9'", {"_format_version": "expected one of: 1.1, 2.1, 3.0"}),
    ("_format_version: '3.0'\nnonsense: 1", {"nonsense": "unknown field"}),
    ("_format_version: '3.0'\nservices: x", {"services": "expected an array"}),
    ("_format_version: '3.0'\nservices: [x]", {"services": ["expected a record"]}),
    (
        "_format_version: '3.0'\nservices: [{host: a.test}, {port: -1, routes: [{paths: [x]}]}]",
        {
            "services": [
                None,
                {
                    "host": "required field missing",
                    "port": "value should be between 0 and 65535",
                    "routes": [{"paths": ["should start with: / (fixed path) or ~/ (regex path)"]}],
                },
            ]
        },
    ),
    (
        "_format_version: '3.0'\nroutes: [{name: r, paths: [/], service: nope}]",
        {"routes": {"r": ["invalid reference 'service: nope' (no such entry in 'services')"]}},
    ),
    ("_format_version: 1.1", {"_format_version": "expected a string"}),
    (
        "_format_version: '3.0'\n_comment: 1\n_ignore: x\n_transform: 1",
        {"_comment": "expected a string", "_ignore": "expected an array", "_transform": "expected a boolean"},
    ),
    (
        "_format_version: '3.0'\nconsumers: [{username: a, _comment: {b: c}, _ignore: 1}]",
        {"consumers": [{"_comment": "expected a string", "_ignore": "expected an array"}]},
    ),
    (
        "_format_version: '3.0'\nroutes: [{name: r, paths: [x], service: nope}]",
        {
            "routes": [
                {
                    "paths": ["should start with: / (fixed path) or ~/ (regex path)"],
                    "service": {"id": "missing primary key"},
                }
            ]
        },
    ),
    (
        "_format_version: '3.0'\nservices: [{host: a.test, plugins: [{name: cors, service: nope}]}]",
        {"services": [{"plugins": [{"service": "value must be null"}]}]},
    ),
    (
        "_format_version: '3.0'\nroutes: [{name: r, paths: [/], service: {id: 0a000000-0000-4000-8000-000000000001}}]",
        {
            "routes": {
                "r": [
                    'invalid reference \'service: {"id":"0a000000-0000-4000-8000-000000000001"}\' '
                    "(no such entry in 'services')"
                ]
            }
        },
    ),
    (
        "_format_version: '3.0'\nbasicauth_credentials: [{username: u, password: p, consumer: nope}]",
        {
            "basicauth_credentials": [
                {
                    "@entity": ["all or none of these fields must be set: 'password', 'consumer.id'"],
                    "consumer": {"id": "missing primary key"},
                }
            ]
        },
    ),
    (
        "_format_version: '3.0'\nconsumers: [{username: a, custom_id: c}, {username: b, custom_id: c}]",
        {
            "consumers": {
                "b": "uniqueness violation: 'consumers' entity with custom_id set to 'c' already declared"
            }
        },
    ),
    (
        "_format_version: '3.0'\nroutes: [{name: r, paths: [/]}]\n"
        "services: [{host: a, routes: [{name: r, paths: [/]}]}]",
        {"routes": ["uniqueness violation: 'routes' entity with name set to 'r' already declared"]},
    ),
    (
        "_format_version: '3.0'\nconsumers: [{username: a, keyauth_credentials: [{key: k, ttl: x}]}]",
        {"consumers": [{"keyauth_credentials": [{"ttl": "must be an integer between 0 and 100000000"}]}]},
    ),
    ("]", {"error": "failed parsing declarative configuration"}),
    ("- a", {"error": "failed parsing declarative configuration: expected an object"}),
    ("bobby tables", {"error": "failed parsing declarative configuration: expected an object"}),
    (
        "_format_version: '3.0'\nconsumers: [{username: a}, {username: a}]\n"
        "keyauth_credentials: [{key: k, consumer: a}, {key: l, consumer: nope}, {key: k, consumer: a}]",
        {
            "consumers": [
                None,
                "uniqueness violation: 'consumers' entity with username set to 'a' already declared",
            ],
            "keyauth_credentials": {
                "l": ["invalid reference 'consumer: nope' (no such entry in 'consumers')"],
                "3": "uniqueness violation: 'keyauth_credentials' entity with key set to 'k' already declared",
            },
        },
    ),
    (
        "_format_version: '3.0'\nupstreams: [{name: u, targets: [{target: a b}]}]",
        {
            "upstreams": [
                {"targets": [{"target": "Invalid target ('a b'); not a valid hostname or ip address"}]}
            ]
        },
    ),
]


@pytest.mark.parametrize(("text", "fields"), FAULTS, ids=lambda value: str(value)[:40])
async def test_faults_change_nothing(store: Store, text: str, fields: dict[str, Any]) -> None:
    before = (await declarative.apply(store, declarative.parse(TEXT))).version
    with pytest.raises(declarative.InvalidConfiguration) as refused:
        await declarative.apply(store, declarative.parse(text))
    found = refused.value.fields or {}
    if "error" in fields:
        assert found["error"].startswith(fields["error"])
    else:
        assert found == fields
    assert await store.version() == before


ACCEPTED: list[tuple[str, str, dict[str, Any]]] = [
    (
        "a parent named again",
        "services: [{name: s, host: a, routes: [{name: r, paths: [/], service: s}]}]",
        {},
    ),
    (
        "a reference as the Admin API has it",
        "services: [{id: 0a000000-0000-4000-8000-000000000001, host: a}]\n"
        "routes: [{name: r, paths: [/], service: {id: 0a000000-0000-4000-8000-000000000001}}]",
        {"services": ["0a000000-0000-4000-8000-000000000001"]},
    ),
    (
        "the same address in two upstreams",
        "upstreams: [{name: a, targets: [{target: 'x:80'}]}, {name: b, targets: [{target: 'x:80'}]}]",
        {},
    ),
    (
        "ids are those of Kong",
        "services: [{name: s, host: a, plugins: [{name: cors}]}]\n"
        "plugins: [{name: acl, service: s, config: {allow: [g]}}]",
        {
            "services": ["b268827a-8f7f-551f-8769-e6bceb2f3ec6"],
            "plugins": ["3869fa1a-fb43-541b-b3da-0089d5765b2f", "cf96f33d-ce7b-56b3-8904-d8b042f8723b"],
        },
    ),
]


@pytest.mark.parametrize(
    ("sections", "ids"), [case[1:] for case in ACCEPTED], ids=[case[0] for case in ACCEPTED]
)
async def test_accepted(store: Store, sections: str, ids: dict[str, Any]) -> None:
    loaded = await declarative.apply(store, declarative.parse(f"_format_version: '3.0'\n{sections}"))
    assert {name: [row["id"] for row in loaded.rows[name]] for name in ids} == ids


async def test_keys_that_expire(store: Store) -> None:
    text = "consumers: [{username: a, keyauth_credentials: [{key: k, ttl: 60}, {key: l, ttl: null}]}]"
    await declarative.apply(store, declarative.parse(f"_format_version: '3.0'\n{text}"))
    found = {row["key"]: row["ttl"] for row in (await store.page("keyauth_credentials")).data}
    assert found["k"] in range(50, 60)
    assert found["l"] is None


async def test_what_is_hashed_already_is_not_hashed_again(store: Store) -> None:
    text = "consumers: [{username: a, basicauth_credentials: [{username: u, password: p}]}]"
    await declarative.apply(store, declarative.parse(f"_format_version: '3.0'\n{text}"))
    before = (await store.page("basicauth_credentials")).data
    dumped = await declarative.dump(store)
    assert before[0]["password"] in dumped
    await declarative.apply(store, declarative.parse(dumped))
    assert (await store.page("basicauth_credentials")).data == before


async def test_repeated_names(store: Store) -> None:
    text = "_format_version: '3.0'\nconsumers: [{username: a}, {username: a}]"
    with pytest.raises(
        declarative.InvalidConfiguration, match="uniqueness violation: 'consumers' entity with"
    ):
        await declarative.apply(store, declarative.parse(text))
