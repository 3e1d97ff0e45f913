"""What the Admin API tells about the node, and about itself."""

import logging
from typing import Any

import httpx
import pytest

from gopura.logs import level_name

SHAPES: list[tuple[str, int, set[str]]] = [
    (
        "/",
        200,
        {"version", "gopura_version", "configuration", "plugins", "node_id", "pids", "timers", "tagline"},
    ),
    ("/status", 200, {"database", "memory", "server"}),
    ("/status?unit=x", 400, {"message"}),
    ("/status?scale=-1", 400, {"message"}),
    ("/endpoints", 200, {"data"}),
    ("/timers", 200, {"worker", "stats"}),
    ("/tags", 200, {"data", "next"}),
    ("/workspaces", 200, {"data", "next"}),
    ("/plugins/enabled", 200, {"enabled_plugins"}),
    ("/schemas/services", 200, {"fields", "entity_checks"}),
    ("/schemas/nope", 404, {"message"}),
    ("/schemas/plugins/key-auth", 200, {"fields", "entity_checks"}),
    ("/schemas/plugins/nope", 404, {"message"}),
    ("/schemas/vaults/env", 200, {"fields", "entity_checks"}),
    ("/plugins/schema/key-auth", 200, {"fields", "entity_checks"}),
    ("/cache/x", 404, {"message"}),
    ("/clustering/data-planes", 400, {"message"}),
    ("/clustering/status", 400, {"message"}),
    ("/filter-chains", 400, {"message"}),
    ("/openapi.json", 200, {"openapi", "info", "servers", "paths", "components"}),
]


@pytest.mark.parametrize(("path", "status", "keys"), SHAPES)
async def test_shapes(api: httpx.AsyncClient, path: str, status: int, keys: set[str]) -> None:
    answer = await api.get(path)
    assert answer.status_code == status
    assert keys <= answer.json().keys()


async def test_secrets_are_not_shown(api: httpx.AsyncClient) -> None:
    assert "kong-password" not in (await api.get("/")).text


@pytest.mark.parametrize("path", ["/", "/services", "/nope", "/services/a", "/schemas/services"])
async def test_head_is_get_without_its_body(api: httpx.AsyncClient, path: str) -> None:
    get, head = await api.get(path), await api.head(path)
    assert (head.status_code, head.content) == (get.status_code, b"")


async def test_preflight(api: httpx.AsyncClient) -> None:
    headers = {"origin": "http://admin.test:8002", "access-control-request-headers": "x-a"}
    answer = await api.options("/services", headers=headers)
    wanted = {
        "access-control-allow-origin": "http://admin.test:8002",
        "access-control-allow-credentials": "true",
        "access-control-allow-methods": "GET, HEAD, OPTIONS, POST",
        "access-control-allow-headers": "x-a",
        "allow": "GET, HEAD, OPTIONS, POST",
    }
    assert answer.status_code == 204
    assert wanted.items() <= dict(answer.headers).items()


async def test_a_log_level_for_a_while(api: httpx.AsyncClient) -> None:
    before = logging.getLogger().level
    assert (await api.put("/debug/node/log-level/nope")).status_code == 400
    assert (await api.put("/debug/node/log-level/alert?timeout=-1")).status_code == 400
    assert (await api.put("/debug/node/log-level/alert?timeout=0")).json() == {"message": "log level changed"}
    assert (await api.get("/debug/node/log-level")).json() == {"message": "log level: alert"}
    again = await api.put("/debug/node/log-level/alert")
    assert again.json() == {"message": "log level is already alert"}
    await api.put(f"/debug/node/log-level/{level_name(before)}?timeout=0")
    logging.getLogger().setLevel(before)


def _references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if "$ref" in value else []
        return own + [found for inner in value.values() for found in _references(inner)]
    if isinstance(value, list):
        return [found for inner in value for found in _references(inner)]
    return []


async def test_the_description_is_whole(api: httpx.AsyncClient) -> None:
    spec = (await api.get("/openapi.json")).json()
    for reference in set(_references(spec)):
        found: Any = spec
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]
    listed = (await api.get("/endpoints")).json()["data"]
    closed = {"/snis/{snis}/certificate", "/targets", "/targets/{targets}", "/targets/{targets}/upstream"}
    assert set(listed) - set(spec["paths"]) <= closed | {"/config"}
    operations = [one["operationId"] for path in spec["paths"].values() for one in path.values()]
    assert len(operations) == len(set(operations))
