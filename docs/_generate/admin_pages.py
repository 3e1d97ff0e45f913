"""The pages of the Admin API, from the same description as `/openapi`: one for each of its groups, and all paths."""

import json
import shlex
import tempfile
from collections.abc import Iterator
from typing import Any

from tables import fields, table

from gopura import entities
from gopura.admin.app import router
from gopura.admin.gateway import Gateway, NoLink
from gopura.admin.openapi import document
from gopura.plugins.acme.endpoints import Endpoints as AcmeEndpoints
from gopura.schema import EntityType
from gopura.settings import Settings
from gopura.store import Store

ADMIN = "localhost:8001"
PATHS = """# All paths

What `GET /endpoints` lists, too. A path with `{services}` stands for each service, by its id or name.
"""
SHOWN = ("get", "post", "put", "patch", "delete")


def pages() -> dict[str, str]:
    """The pages by their paths."""
    spec = described()
    groups = {f"admin-api/{tag['name']}.md": _page(spec, tag) for tag in spec["tags"]}
    return {"admin-api/paths.md": _paths(spec)} | groups


def described() -> Any:
    """The description of a node with all bundled plugins."""
    with tempfile.TemporaryDirectory() as prefix:
        settings = Settings.load(None, {}, {"prefix": prefix})
        found = router(Gateway(Store.of(settings), settings, NoLink()))
    # Bundled plugins add endpoints when they have a part in the control process, which is not there now.
    for endpoint in AcmeEndpoints(None).all():  # type: ignore[arg-type]
        found.add(endpoint)
    return document(found.endpoints.values())


def _paths(spec: Any) -> str:
    listed = sorted(spec["paths"].items())
    rows = [(f"`{path}`", ", ".join(_names(methods)), _link(methods)) for path, methods in listed]
    return f"{PATHS}\n{table(('path', 'methods', 'described with'), rows)}"


def _possible(operation: Any) -> bool:
    return any(status < "400" for status in operation["responses"])


def _names(methods: Any) -> list[str]:
    return [name.upper() for name in SHOWN if name in methods and _possible(methods[name])]


def _link(methods: Any) -> str:
    group = next(iter(methods.values()))["tags"][0]
    return f"[{group}]({group}.md)"


def _page(spec: Any, tag: Any) -> str:
    entity = next((one for one in entities.all().values() if one.admin_name == tag["name"]), None)
    listed = [
        (path, method, methods[method])
        for path, methods in spec["paths"].items()
        for method in SHOWN
        if method in methods and methods[method]["tags"] == [tag["name"]] and _possible(methods[method])
    ]
    # What is at the group's own paths comes before what is below those of other entities.
    listed.sort(key=lambda one: (not one[0].startswith(f"/{tag['name']}"), one[0].count("/")))
    parts = [f"# {tag['name']}\n\n{tag['description']}", *(_operation(spec, *one) for one in listed)]
    if entity is not None and entity.endpoints:
        parts.insert(1, _fields(spec, entity))
    return "\n\n".join(parts)


def _fields(spec: Any, entity: EntityType) -> str:
    schemas = spec["components"]["schemas"]
    properties = schemas[f"{entity.name}_input"]["properties"]
    shorthands = {one.name for one in entity.shape.shorthands}
    more = [
        f"- `{name}`: {properties[name].get('description', 'an older or shorter way to give some of the fields.')}"
        for name in properties
        if name not in entity.fields and (name in shorthands or "description" in properties[name])
    ]
    found = [f"## Fields\n\n{fields(entity.shape)}", "\n".join(more)]
    if examples := schemas[entity.name].get("examples"):
        found.append(f"One as answers show it:\n\n{_json(examples[0])}")
    return "\n\n".join(part for part in found if part)


def _operation(spec: Any, path: str, method: str, operation: Any) -> str:
    answers = operation["responses"]
    statuses = ", ".join(status for status in answers if status < "400")
    parts = [
        f"## {operation['summary']}",
        f"`{method.upper()} {path}` · {statuses}",
        operation.get("description", ""),
        _parameters(spec, operation),
        f"```sh\n{_curl(path, method, _body(operation))}\n```",
        *(_json(example) for example in _examples(answers)),
    ]
    return "\n\n".join(part for part in parts if part)


def _parameters(spec: Any, operation: Any) -> str:
    shared = spec["components"]["parameters"]
    given = operation.get("parameters", ())
    listed = [shared[one["$ref"].rpartition("/")[2]] if "$ref" in one else one for one in given]
    rows = [(f"`{one['name']}`", one["in"], one["description"]) for one in listed]
    return table(("parameter", "in", "meaning"), rows) if rows else ""


def _body(operation: Any) -> Any:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    several = content.get("examples", {})
    chosen = several.get("key-auth") or next(iter(several.values()), {})
    return content.get("example") or chosen.get("value")


def _curl(path: str, method: str, body: Any) -> str:
    place = "/".join(part.strip("{}").upper() if part.startswith("{") else part for part in path.split("/"))
    words = ["curl"]
    if (
        method == "delete"
        or (method in ("put", "patch", "post") and body is None)
        or method in ("put", "patch")
    ):
        words += ["-X", method.upper()]
    words.append(f"{ADMIN}{place}")
    if body is not None:
        words += ["--json", shlex.quote(_text(body))]
    return " ".join(words)


def _examples(answers: Any) -> Iterator[Any]:
    for answer in answers.values():
        example = answer.get("content", {}).get("application/json", {}).get("example")
        if example is not None:
            yield example


def _text(value: Any) -> str:
    short = json.dumps(value)
    return short if len(short) < 90 else json.dumps(value, indent=2)


def _json(value: Any) -> str:
    return f"```json\n{_text(value)}\n```"
