"""Entities through the Admin API."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from gopura.admin import create_app
from gopura.settings import Settings
from gopura.store import Store

Step = tuple[str, str, Any, int, Any]

LESS_THAN_90 = (89, 88, 87, 86)
"""What is left of 90 seconds right after."""

STORIES: dict[str, list[Step]] = {
    "a service by name": [
        (
            "POST",
            "/services",
            {"name": "a", "url": "http://a.test:81/x"},
            201,
            {"host": "a.test", "port": 81},
        ),
        ("GET", "/services/a", None, 200, {"path": "/x", "retries": 5}),
        (
            "PATCH",
            "/services/a",
            {"retries": 1, "id": "00000000-0000-4000-8000-000000000001"},
            200,
            {"retries": 1},
        ),
        ("PUT", "/services/a", {"host": "b.test"}, 200, {"host": "b.test", "retries": 5, "path": None}),
        ("PUT", "/services/b", {"host": "b.test"}, 200, {"name": "b"}),
        ("PATCH", "/services/a", {"name": "b"}, 409, {"code": 5, "fields": {"name": "b"}}),
        ("PATCH", "/services/nope", {"retries": 1}, 404, {"code": 6, "fields": {"name": "nope"}}),
        ("DELETE", "/services/a", None, 204, None),
        ("DELETE", "/services/a", None, 204, None),
        ("GET", "/services/a", None, 404, {"message": "Not found"}),
    ],
    "routes of a service": [
        ("PUT", "/services/s", {"host": "a.test"}, 200, {}),
        ("POST", "/services/s/routes", {"name": "r", "paths": ["/r"]}, 201, {"name": "r"}),
        ("POST", "/routes", {"paths": ["/x"], "service": {"name": "s"}}, 201, {}),
        ("POST", "/routes", {"paths": ["/x"], "service": {"name": "t"}}, 400, {"code": 13}),
        ("GET", "/services/s/routes/r", None, 200, {"name": "r"}),
        ("GET", "/routes/r/service", None, 200, {"name": "s"}),
        ("PATCH", "/routes/r/service", {"retries": 2}, 200, {"name": "s", "retries": 2}),
        ("DELETE", "/routes/r/service", None, 405, {"message": "Method not allowed"}),
        ("DELETE", "/services/s", None, 400, {"code": 4, "fields": {"@referenced_by": "routes"}}),
        ("PUT", "/services/t", {"host": "a.test"}, 200, {}),
        ("GET", "/services/t/routes/r", None, 404, {"message": "Not found"}),
        ("DELETE", "/services/t/routes/r", None, 404, {"message": "Not found"}),
        ("DELETE", "/services/s/routes/r", None, 204, None),
    ],
    "a service made from its route": [
        ("PUT", "/routes/r", {"paths": ["/r"]}, 200, {"service": None}),
        ("GET", "/routes/r/service", None, 404, {"message": "Not found"}),
        ("PUT", "/routes/r/service", {"name": "s", "host": "a.test"}, 200, {"name": "s"}),
        ("GET", "/routes/r/service", None, 200, {"name": "s"}),
    ],
    "keys of a consumer": [
        ("POST", "/consumers", {"username": "bob", "custom_id": "7"}, 201, {}),
        ("GET", "/consumers?custom_id=7", None, 200, {"next": None}),
        ("POST", "/consumers/bob/key-auth", {"key": "k"}, 201, {"key": "k", "ttl": None}),
        ("POST", "/consumers/bob/key-auth", {"key": "t", "ttl": 90}, 201, {"key": "t"}),
        ("POST", "/consumers/bob/key-auth", {"key": "u", "ttl": -1}, 400, {"code": 11}),
        ("GET", "/key-auths/k/consumer", None, 200, {"username": "bob"}),
        ("POST", "/consumers/bob/acls", {"group": "g"}, 201, {"group": "g"}),
        ("PUT", "/consumers/bob/acls/h", {}, 200, {"group": "h"}),
        ("GET", "/consumers/bob/acls/g", None, 200, {"group": "g"}),
        ("DELETE", "/consumers/bob", None, 204, None),
        ("GET", "/key-auths", None, 200, {"data": []}),
        ("GET", "/acls", None, 200, {"data": []}),
    ],
    "plugins meet their routes' protocols": [
        ("PUT", "/services/s", {"host": "a.test"}, 200, {}),
        ("POST", "/services/s/routes", {"name": "r", "protocols": ["grpc"], "paths": ["/"]}, 201, {}),
        (
            "POST",
            "/routes/r/plugins",
            {"name": "key-auth", "protocols": ["http"]},
            400,
            {"fields": {"protocols": "must match the associated route's protocols"}},
        ),
        ("POST", "/services/s/plugins", {"name": "key-auth", "protocols": ["http"]}, 400, {"code": 2}),
        ("POST", "/services/s/plugins", {"name": "key-auth", "instance_name": "one"}, 201, {}),
        ("POST", "/services/s/plugins", {"name": "key-auth"}, 409, {"code": 5}),
        ("PATCH", "/plugins/one", {"config": {"key_names": ["x"]}}, 200, {"instance_name": "one"}),
    ],
    "targets": [
        ("PUT", "/upstreams/u", {}, 200, {"name": "u"}),
        ("POST", "/upstreams/u/targets", {"target": "a.test"}, 201, {"target": "a.test:8000"}),
        ("PATCH", "/upstreams/u/targets/a.test:8000", {"weight": 3}, 200, {"weight": 3}),
        ("PUT", "/upstreams/u/targets/b.test:8000", {"weight": 3}, 404, {"message": "Not found"}),
        ("GET", "/targets", None, 404, {"message": "Not found"}),
        ("GET", "/upstreams/u/health", None, 200, {"next": None}),
        ("DELETE", "/upstreams/u", None, 204, None),
    ],
    "keys in URLs": [
        ("GET", "/services/a%20b", None, 400, {"code": 10, "name": "invalid unique name"}),
        ("GET", "/acls/nope", None, 400, {"code": 1, "fields": {"id": "expected a valid UUID"}}),
        ("GET", "/services%2Fa", None, 404, {"message": "Not found"}),
        ("PUT", "/consumers/a%2Fb", {}, 200, {"username": "a/b"}),
        ("GET", "/consumers/a%2Fb/", None, 200, {"username": "a/b"}),
        ("PUT", "/services/0A000000-0000-4000-8000-00000000000F", {"host": "a.test"}, 200, {"name": None}),
        ("GET", "/services/0a000000-0000-4000-8000-00000000000f", None, 200, {"host": "a.test"}),
    ],
}


@pytest.mark.parametrize("story", STORIES)
async def test_stories(api: httpx.AsyncClient, story: str) -> None:
    for method, path, body, status, wanted in STORIES[story]:
        answer = await api.request(method, path, json=body)
        assert answer.status_code == status, (method, path, answer.text)
        if wanted is not None:
            assert wanted.items() <= answer.json().items(), (method, path)


@pytest.mark.parametrize("path", [f"/upstreams/u/{below}" for below in ("targets", "targets/all", "health")])
async def test_pages_lead_to_the_next_of_their_own(api: httpx.AsyncClient, path: str) -> None:
    await api.put("/upstreams/u", json={})
    for number in range(3):
        await api.post("/upstreams/u/targets", json={"target": f"10.0.0.{number}:80"})
    page = (await api.get(path, params={"size": 2})).json()
    assert page["next"].startswith(f"{path}?offset=")
    assert len((await api.get(page["next"])).json()["data"]) == 1


async def test_one_of_many_upserts_wins(api: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(
        *(api.put("/services/same", json={"host": f"h{number}.test"}) for number in range(20))
    )
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len((await api.get("/services")).json()["data"]) == 1


async def test_one_of_many_creations_wins(api: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(api.post("/consumers", json={"username": "same"}) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 19


JWK = json.dumps(
    {
        "kty": "EC",
        "kid": "k",
        "crv": "P-256",
        "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
        "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
    }
)
"""The example of RFC 7517, appendix A.1."""

TAKEN: list[tuple[str, dict[str, Any], str]] = [
    ("/keys", {"name": "n", "kid": "k", "jwk": JWK}, "name"),
    ("/consumers", {"username": "u", "custom_id": "c"}, "username"),
]


@pytest.mark.parametrize(("path", "body", "named"), TAKEN)
async def test_of_several_taken_values_the_first_is_named(
    api: httpx.AsyncClient, path: str, body: dict[str, Any], named: str
) -> None:
    assert (await api.post(path, json=body)).status_code == 201
    answer = await api.post(path, json=body)
    assert (answer.status_code, answer.json()["fields"]) == (409, {named: body[named]})


async def test_a_use_of_a_plugin_is_named_before_its_name(api: httpx.AsyncClient) -> None:
    body = {"name": "key-auth", "instance_name": "i"}
    assert (await api.post("/plugins", json=body)).status_code == 201
    fields = (await api.post("/plugins", json=body)).json()["fields"]
    assert fields == {"name": "key-auth", "route": None, "service": None, "consumer": None}


SERVER_NAMES: list[tuple[Any, dict[str, Any]]] = [
    (["a.test", "*.b.test"], {}),
    ("a.test", {}),
    (None, {}),
    (["a b"], {"snis": "invalid value: a b"}),
    (["a.test", "a.test"], {"snis": "a.test is duplicated"}),
    (5, {"snis": "expected a set"}),
]


@pytest.mark.parametrize(("names", "faults"), SERVER_NAMES)
async def test_a_certificate_is_validated_with_its_server_names(
    api: httpx.AsyncClient, names: Any, faults: dict[str, Any]
) -> None:
    answer = await api.post("/schemas/certificates/validate", json={"snis": names})
    missing = dict.fromkeys(("cert", "key"), "required field missing")
    assert (answer.status_code, answer.json()["fields"]) == (400, faults or missing)


async def test_hashing_nothing_is_told(api: httpx.AsyncClient) -> None:
    answer = await api.post("/upstreams", json={"name": "u", "algorithm": "consistent-hashing"})
    told = "upstream u: 'consistent-hashing' has nothing to hash without 'hash_on': all requests go to one target"
    assert (answer.status_code, answer.headers["x-gopura-warning"]) == (201, told)
    answer = await api.patch("/upstreams/u", json={"hash_on": "ip"})
    assert (answer.status_code, answer.headers.get("x-gopura-warning")) == (200, None)
    checks = (await api.get("/schemas/upstreams")).json()["entity_checks"]
    assert all("custom_entity_check" not in check for check in checks)


async def test_headers_of_a_route_are_described_as_required(api: httpx.AsyncClient) -> None:
    fields = (await api.get("/schemas/routes")).json()["fields"]
    (headers,) = [field["headers"] for field in fields if "headers" in field]
    assert (headers["keys"]["required"], headers["values"]["required"]) == (True, True)


async def test_a_refused_certificate_leaves_nothing(api: httpx.AsyncClient) -> None:
    answer = await api.post("/certificates", json={"cert": "x", "key": "y", "snis": ["a.test"]})
    assert answer.status_code == 400
    assert (await api.get("/snis")).json()["data"] == []


async def test_answers_of_writes_tell_the_version(api: httpx.AsyncClient) -> None:
    first = await api.put("/consumers/a", json={})
    second = await api.delete("/consumers/a")
    assert (first.headers["x-gopura-version"], second.headers["x-gopura-version"]) == ("1", "2")
    assert "x-gopura-version" not in (await api.get("/consumers")).headers


@pytest.mark.parametrize(
    ("changes", "expected"),
    [({}, LESS_THAN_90), ({"ttl": None}, (None,)), ({"ttl": 0}, (None,)), ({"ttl": 50}, (49, 48, 47))],
)
async def test_patch_and_the_ttl(
    changes: dict[str, Any], expected: tuple[int | None, ...], api: httpx.AsyncClient
) -> None:
    await api.post("/consumers", json={"username": "bob"})
    made = await api.post("/consumers/bob/key-auth", json={"ttl": 90})
    path = f"/consumers/bob/key-auth/{made.json()['id']}"
    assert (await api.patch(path, json=changes)).json()["ttl"] in expected
    assert (await api.get(path)).json()["ttl"] in expected


async def test_what_is_left_of_a_ttl_is_rounded_down(api: httpx.AsyncClient) -> None:
    await api.post("/consumers", json={"username": "bob"})
    made = (await api.post("/consumers/bob/key-auth", json={"ttl": 90})).json()
    assert made["ttl"] in LESS_THAN_90  # never 90: some of it has passed


async def test_put_without_a_ttl_lets_a_key_live(api: httpx.AsyncClient) -> None:
    await api.put("/consumers/bob", json={})
    path = "/consumers/bob/key-auth/k"
    assert (await api.put(path, json={"ttl": 90})).json()["ttl"] in LESS_THAN_90
    assert (await api.patch(path, json={"tags": ["a"]})).json()["ttl"] in LESS_THAN_90
    assert (await api.put(path, json={})).json()["ttl"] is None


async def test_a_credential_in_the_path_is_kept_from_logs(store: Store, settings: Settings) -> None:
    app, seen = create_app(store, settings), []

    async def logged(scope: Any, receive: Any, send: Any) -> None:
        await app(scope, receive, send)
        seen.append(scope["raw_path"])

    transport = httpx.ASGITransport(logged)
    async with httpx.AsyncClient(transport=transport, base_url="http://admin.test") as client:
        await client.get("/key-auths/secret")
        await client.get("/services/a")
    assert seen == [b"/key-auths/***", b"/services/a"]
