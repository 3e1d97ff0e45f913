"""`/config`: the whole configuration at once, for a node without a database."""

import asyncio
from collections.abc import Iterator
from typing import Any

from starlette.responses import Response

from gopura import declarative
from gopura.admin import answers
from gopura.admin.call import Call
from gopura.admin.described import described
from gopura.admin.gateway import Gateway
from gopura.admin.router import Endpoint
from gopura.declarative import InvalidConfiguration, flatten
from gopura.declarative.text import content_hash, of_json

_ONLY = "this endpoint is only available when Kong is configured to not use a database"
_OPTIONS = ("flatten_errors", "check_hash")
_YES = ("true", "1", "on", "yes")


def endpoints() -> Iterator[Endpoint]:
    """Read and replace; with a database neither."""
    yield Endpoint("/config", {"GET": get, "POST": post}, yaml=True, many=True, guard=_guard)


def _guard(gateway: Gateway) -> Response | None:
    return None if gateway.settings.database == "off" else answers.message(_ONLY, 400)


@described(answer={"config": "_format_version: '3.0'\nservices:\n- ..."})
async def get(call: Call) -> Response:
    """The whole configuration, as YAML in `config`."""
    return answers.json({"config": await declarative.dump(call.gateway.store)})


@described(
    query={
        "check_hash": "`1`: 304 when the document is loaded already.",
        "flatten_errors": "`1`: errors are listed entity by entity, in `flattened_errors`.",
    },
    body={"_format_version": "3.0", "services": [{"name": "orders", "url": "http://orders.internal:8080"}]},
    answer={
        "services": {"5b1b9c9e-6a3c-4d0e-8f5a-0d8f7c1e2a33": {"name": "orders", "host": "orders.internal"}}
    },
    status=201,
    statuses={304: "It is loaded already."},
)
async def post(call: Call) -> Response:
    """Replace everything by a document.

    The body is that document, as JSON or YAML, or has it as text in the field `config`.
    """
    store = call.gateway.store
    document: dict[str, Any] | None = None
    try:
        document = await asyncio.to_thread(_document, call)  # it may have to read megabytes of YAML
        if _option(call, "check_hash") == "1" and content_hash(document) == store.configuration_hash:
            return Response(status_code=304)
        loaded = await declarative.apply(store, document, "config", call.request_id)
        await declarative.keep(declarative.kept_path(call.gateway.settings), document)
    except InvalidConfiguration as error:
        if _option(call, "flatten_errors") in _YES and document is not None:
            return answers.json(flatten.body(error, document, call.gateway.entities), 400)
        return answers.refused(error)
    call.version = loaded.version
    found = {name: {row["id"]: row for row in rows} for name, rows in loaded.rows.items() if rows}
    return answers.json(found, 201)


def _option(call: Call, name: str) -> str:
    value = call.query.get(name, call.body.value.get(name, ""))
    return str(value).lower()


def _document(call: Call) -> dict[str, Any]:
    given = {name: value for name, value in call.body.value.items() if name not in _OPTIONS}
    if "_format_version" in given:
        return of_json(given)
    text = given.get("config", call.body.raw)
    if isinstance(text, dict):
        return of_json(text)
    if not isinstance(text, str | bytes) or not text:
        raise answers.Refusal(answers.message("expected a declarative configuration", 400))
    return declarative.parse(text)
