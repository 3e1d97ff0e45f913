"""The description of the Admin API, and the page that shows it."""

import re
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

from gopura import entities, schema
from gopura.admin.openapi import examples
from gopura.admin.openapi.wording import a, many, one

ROOT = Path(__file__).parents[2]
REFUSED = {"filter_chains", "filter-chains", "tags"}  # there are no filters yet; tags are written on entities
EXEMPLARY = [name for name, one in entities.all().items() if one.endpoints and name not in REFUSED]
HIDDEN = ["nope.js", "index.html", "LICENSE", "package.json", "..%2fdocument.py", "%2e%2e%2fx.js"]

WORDS = [
    ("services", "a service", "services"),
    ("upstreams", "an upstream", "upstreams"),
    ("plugins", "a plugin", "plugins"),
    ("hmacauth_credentials", "a hmac auth credential", "hmac auth credentials"),
    ("oauth2_credentials", "an oauth2 credential", "oauth2 credentials"),
    ("ca_certificates", "a ca certificate", "ca certificates"),
]

OPERATIONS = [
    ("get", "/services", "services", "List services"),
    ("post", "/services/{services}/routes", "routes", "Create a route of a service"),
    ("get", "/routes/{routes}/service", "routes", "Read the service of a route"),
    ("put", "/upstreams/{upstreams}/targets/{targets}", "targets", "Change a target of an upstream"),
    ("put", "/upstreams/{upstreams}/targets/{targets}/healthy", "targets", "Take a target for healthy"),
    ("get", "/routes/{routes}/filters/all", "routes", "The filters"),
    ("put", "/debug/node/log-level/{log_level}", "debug", "Set another log level for a while"),
    ("delete", "/routes/{routes}/service", "routes", "Refused"),
    ("get", "/schemas/{name}", "schemas", "An entity's description"),
    ("get", "/plugins/enabled", "plugins", "The names of the plugins"),
    ("get", "/status", "node", "Connections, memory"),
    ("get", "/openapi.json", "openapi", "This API as OpenAPI 3.1"),
]

PARAMETERS = [
    ("get", "/consumers", {"size", "offset", "tags", "custom_id"}),
    ("get", "/services/{services}", {"services", "If-None-Match"}),
    ("get", "/status", {"unit", "scale"}),
    ("get", "/upstreams/{upstreams}/health", {"upstreams", "size", "offset", "balancer_health"}),
    ("get", "/tags/{tags}", {"tags", "size", "offset"}),
    ("put", "/debug/node/log-level/{log_level}", {"log_level", "timeout"}),
]


@pytest.fixture
async def spec(api: httpx.AsyncClient) -> Any:
    return (await api.get("/openapi.json")).json()


@pytest.mark.parametrize(("name", "single", "several"), WORDS)
def test_what_entities_are_called(name: str, single: str, several: str) -> None:
    assert (a(one(entities.get(name))), many(entities.get(name))) == (single, several)


async def test_operations_are_grouped_and_named(spec: Any) -> None:
    for method, path, group, summary in OPERATIONS:
        operation = spec["paths"][path][method]
        assert operation["tags"] == [group], path
        assert operation["summary"].startswith(summary), path


async def test_groups_and_operations_say_what_they_are(spec: Any) -> None:
    groups = {tag["name"] for tag in spec["tags"] if tag["description"]}
    for path, methods in spec["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"], (method, path)
            assert set(operation["tags"]) <= groups, (method, path)


def _named(spec: Any, operation: Any) -> set[str]:
    shared = spec["components"]["parameters"]
    listed = [
        shared[one["$ref"].rpartition("/")[2]] if "$ref" in one else one for one in operation["parameters"]
    ]
    assert all(one.get("description") for one in listed), operation["summary"]
    return {one["name"] for one in listed}


async def test_parameters_are_there_with_their_meanings(spec: Any) -> None:
    for method, path, names in PARAMETERS:
        assert _named(spec, spec["paths"][path][method]) == names, path
    for methods in spec["paths"].values():
        for operation in methods.values():
            if "parameters" in operation:
                _named(spec, operation)


@pytest.mark.parametrize(
    "name", [name for name, entity in entities.all().items() if entity.endpoints and name not in REFUSED]
)
def test_every_entity_has_an_example(name: str) -> None:
    entity = entities.get(name)
    assert schema.insert(entity, examples.example(entity))
    stored = examples.stored(entity)
    assert stored is not None
    assert set(stored) == set(entity.fields)


async def test_requests_have_examples(spec: Any) -> None:
    for path, methods in spec["paths"].items():
        for method, operation in methods.items():
            if "requestBody" in operation and not REFUSED.issuperset(operation["tags"]):
                content = operation["requestBody"]["content"]["application/json"]
                assert content.get("example") or content.get("examples"), (method, path)


async def test_answers_are_as_their_examples_say(api: httpx.AsyncClient, spec: Any) -> None:
    for path, methods in spec["paths"].items():
        answer = methods.get("get", {}).get("responses", {}).get("200", {})
        example = answer.get("content", {}).get("application/json", {}).get("example")
        if example and "{" not in path:
            found = await api.get(path)
            if found.status_code == 200:
                assert set(example) <= set(found.json()), path


async def test_the_examples_of_a_plain_node_work(api: httpx.AsyncClient, spec: Any) -> None:
    for path in (
        "/services",
        "/routes",
        "/consumers",
        "/upstreams",
        "/key-sets",
        "/ca_certificates",
        "/vaults",
    ):
        content = spec["paths"][path]["post"]["requestBody"]["content"]["application/json"]
        made = await api.post(path, json=content["example"])
        assert made.status_code == 201, made.text


async def test_the_page_consists_of_files_that_are_there(api: httpx.AsyncClient) -> None:
    page = await api.get("/openapi")
    parts = re.findall('(?:src|href)="(openapi/[^"]+)"', page.text)
    assert len(parts) == 4
    for part in parts:
        answer = await api.get(f"/{part}")
        assert (answer.status_code, answer.headers["x-content-type-options"]) == (200, "nosniff")
        unchanged = await api.get(f"/{part}", headers={"If-None-Match": answer.headers["etag"]})
        assert unchanged.status_code == 304
    assert (await api.get("/openapi/")).headers["location"] == "../openapi"


async def test_the_page_runs_its_own_scripts_only(api: httpx.AsyncClient) -> None:
    page = await api.get("/openapi")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<script(?! src=)|<style|\son\w+=|//", page.text)


@pytest.mark.parametrize("name", HIDDEN)
async def test_nothing_else_is_shown(api: httpx.AsyncClient, name: str) -> None:
    assert (await api.get(f"/openapi/{name}")).status_code == 404


def test_the_viewer_is_the_one_that_npm_has() -> None:
    done = subprocess.run([ROOT / "tools/viewer", "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
