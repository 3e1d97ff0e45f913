"""`POST /transaction`: several changes of entities at once, all or none."""

import asyncio
from collections.abc import Mapping
from typing import Any

import orjson
from starlette.responses import Response

from gopura.admin import answers, bounds
from gopura.admin.body import Body, limit
from gopura.admin.call import Call
from gopura.admin.described import described
from gopura.admin.router import Endpoint
from gopura.schema import SchemaViolation, effort
from gopura.store import Transaction
from gopura.store.errors import EntityError

MOST = 10_000


class Failed(Exception):  # noqa: N818 - ends the transaction, is not a fault
    """One operation was refused, so none is done."""

    def __init__(self, number: int, response: Response) -> None:
        super().__init__(number)
        self.number, self.response = number, response


@described(
    body={
        "operations": [
            {"method": "PUT", "path": "/services/orders", "body": {"url": "http://orders.internal:8080"}},
            {"method": "DELETE", "path": "/routes/old"},
        ]
    },
    answer={
        "version": 12,
        "results": [{"status": 200, "body": {"name": "orders"}}, {"status": 204, "body": None}],
    },
)
async def post(call: Call) -> Response:
    """Several changes of entities at once, in this order: all of them or none.

    The answer has every operation's status and body, or the first refusal with its place, counted from 0.
    """
    operations = call.body.value.get("operations")
    if not isinstance(operations, list) or not 0 < len(operations) <= MOST:
        return answers.message(f"operations must be a list of 1 to {MOST} objects", 400)
    try:
        async with call.transaction() as tx:
            results = [await _one(call, tx, number, one) for number, one in enumerate(operations)]
    except Failed as failed:
        body = {"message": f"operation {failed.number} failed", "operation": failed.number}
        return answers.json(body | {"error": orjson.loads(failed.response.body)}, failed.response.status_code)
    return answers.json({"version": tx.version, "results": results})


async def _one(call: Call, tx: Transaction, number: int, operation: Any) -> dict[str, Any]:
    await asyncio.sleep(0)  # all of them together may take seconds: others get their turn
    response = await _answer(call, tx, operation)
    if response.status_code >= 400:
        raise Failed(number, response)
    return {"status": response.status_code, "body": orjson.loads(response.body) if response.body else None}


async def _answer(call: Call, tx: Transaction, operation: Any) -> Response:
    problem = _problem(operation)
    if problem:
        return answers.message(problem, 400)
    found = call.gateway.router.find(operation["path"])
    endpoint, params = found or (None, {})
    if endpoint is None or endpoint.entity is None:
        return answers.not_found()
    guarded = endpoint.guard(call.gateway) if endpoint.guard else None
    handler = endpoint.methods.get(operation["method"])
    if guarded is not None or handler is None:
        return guarded or answers.message("Method not allowed", 405)
    return await _guarded(_inner(call, tx, endpoint, params, operation.get("body") or {}), handler)


def _problem(operation: Any) -> str | None:
    if not isinstance(operation, dict) or not isinstance(operation.get("path"), str):
        return "an operation is an object with method, path and body"
    if operation.get("method") not in ("POST", "PUT", "PATCH", "DELETE"):
        return "an operation's method is POST, PUT, PATCH or DELETE"
    return None if isinstance(operation.get("body", {}), dict | None) else "an operation's body is an object"


def _inner(call: Call, tx: Transaction, endpoint: Endpoint, params: Mapping[str, str], body: Any) -> Call:
    return Call(
        call.request,
        call.gateway,
        endpoint,
        params,
        {},
        Body(body, raw=call.body.raw),
        call.request_id,
        tx=tx,
    )


async def _guarded(call: Call, handler: Any) -> Response:
    try:
        bounds.check(call.body.value, len(call.body.raw), limit(call.gateway.settings))
        with effort.bounded():
            response: Response = await handler(call)
    except answers.Refusal as refusal:
        return refusal.response
    except (SchemaViolation, EntityError) as error:
        return answers.refused(error)
    except effort.TooMuch as error:
        return answers.message(str(error), 400)
    return response
