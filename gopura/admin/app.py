"""The Admin API as an ASGI application."""

import asyncio
import logging
import re
import time
from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from secrets import token_hex
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from gopura.admin import (
    answers,
    arguments,
    body,
    bounds,
    conditions,
    derive,
    information,
    problems,
    resources,
    secrets,
    transactions,
)
from gopura.admin.call import Call
from gopura.admin.gateway import Gateway, Link, NoLink
from gopura.admin.headers import Headers
from gopura.admin.origins import Origins
from gopura.admin.router import Endpoint, Router
from gopura.schema import SchemaViolation, coerce_form, effort
from gopura.schema.advice import collecting
from gopura.settings import Settings
from gopura.store import DatabaseUnavailable, Store
from gopura.store.errors import EntityError

log = logging.getLogger(__name__)

_MALFORMED = re.compile(r"%(?:00|(?![0-9a-fA-F]{2}))")
_MALFORMED_QUERY = re.compile("%00|\0")
_ROBOTS = "User-agent: *\nDisallow: /"


def create_app(
    store: Store, settings: Settings, link: Link | None = None, further: Iterable[Endpoint] = ()
) -> Starlette:
    """The Admin API of a node. `link` leads to its data planes; `further` are the endpoints that plugins add."""
    gateway = Gateway(store, settings, link or NoLink())
    app = Starlette()
    # No pattern of Starlette's: it would match decoded paths, and not those with a line break.
    app.router.default = Admin(gateway, further)
    return app


def router(gateway: Gateway) -> Router:
    """Every endpoint: those derived from entities, then those of their own kind."""
    found = Router()
    made = resources.of(gateway)
    for endpoint in derive.endpoints(made):
        found.add(endpoint)
    for endpoint in (*resources.endpoints(made), *information.endpoints()):
        found.add(endpoint)
    found.add(Endpoint("/transaction", {"POST": transactions.post}, many=True))
    return found


class Admin:
    """Takes requests, finds their endpoints, and turns whatever happens into an answer."""

    def __init__(self, gateway: Gateway, further: Iterable[Endpoint] = ()) -> None:
        self.gateway = gateway
        self.router = gateway.router = router(gateway)
        for endpoint in further:
            self.router.add(endpoint)
        self.origins = Origins(gateway.settings)
        self.headers = Headers(gateway.settings, self.origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await WebSocketClose()(scope, receive, send)
            return
        started = time.perf_counter()
        request = Request(scope, receive)
        request_id = token_hex(12)
        response = await self._outer(request, request_id)
        if response.status_code >= 400 and problems.wanted(request):
            response = problems.translated(response, request, request.scope.get("gopura.call"))
        if not isinstance(response, Bare):
            self.headers.put(request, response, request_id, time.perf_counter() - started)
        answer: ASGIApp = _without_body(response) if request.method == "HEAD" else response
        await answer(scope, receive, send)

    async def read(self, path: str, query: str) -> Response:
        """Answer a GET that came to another listener of this node."""
        if _MALFORMED.search(path):
            return answers.message("Bad request", 400)
        scope = {"type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "headers": []}
        request = Request(scope | {"query_string": query.encode()}, _nothing)
        return await self._guarded(request, path, token_hex(12))

    async def _outer(self, request: Request, request_id: str) -> Response:
        path = request.scope.get("raw_path", request.url.path.encode()).decode("latin-1").partition("?")[0]
        refusal = await self.origins.refusal(request)
        if refusal is not None:
            return answers.message(refusal, 403)
        if request.method in ("TRACE", "CONNECT"):
            return self._listing_methods(Bare.of(answers.page(405)), request, path)
        if _MALFORMED.search(path):
            return Bare.of(answers.page(400))
        if path == "/robots.txt":
            return Bare(_ROBOTS, media_type="text/plain; charset=UTF-8")
        return await self._guarded(request, path, request_id)

    def _listing_methods(self, refusal: Response, request: Request, path: str) -> Response:
        """Kong's 405 has no Allow (RFC 9110, 15.5.6); who asks for problem details gets it."""
        found = self.router.find(path)
        if found is not None and problems.wanted(request):
            refusal.headers["Allow"] = found[0].allow
        return refusal

    async def _guarded(self, request: Request, path: str, request_id: str) -> Response:
        try:
            return await self._inner(request, path, request_id)
        except answers.Refusal as refusal:
            return refusal.response
        except (SchemaViolation, EntityError) as error:
            return answers.refused(error)
        except effort.TooMuch as error:
            return answers.message(str(error), 400)
        except RecursionError:
            return answers.message("the body is nested too deeply", 400)
        except DatabaseUnavailable as error:
            log.warning("%s %s: %s", request.method, request.scope["raw_path"].decode(), error)
            return answers.message(str(error), 503)
        except Exception:
            shown = request.scope["raw_path"].decode()
            log.exception("%s %s failed, request id %s", request.method, shown, request_id)
            return answers.message("An unexpected error occurred", 500)

    async def _inner(self, request: Request, path: str, request_id: str) -> Response:
        found = self.router.find(path)
        if found is None:
            return answers.not_found()
        endpoint, params = found
        # Whoever logs this request after the answer finds the path here.
        request.scope["raw_path"] = secrets.masked(path, params).encode()
        guarded = endpoint.guard(self.gateway) if endpoint.guard else None
        if guarded is not None:
            return guarded
        if request.method == "OPTIONS":
            return _options(request, endpoint)
        handler = endpoint.methods.get("GET" if request.method == "HEAD" else request.method)
        if handler is None:
            return self._listing_methods(answers.message("Method not allowed", 405), request, path)
        call = await self._call(request, endpoint, params, request_id)
        request.scope["gopura.call"] = call
        # What takes many entities bounds each.
        with collecting() as advice, nullcontext() if endpoint.many else effort.bounded():
            response = await handler(call)
        if conditions.unchanged(request.headers, response) and request.method in ("GET", "HEAD"):
            return Response(None, 304, {"ETag": response.headers["etag"]})
        shortcomings = [] if call.version is None else await self._until_served(call.version, response)
        if advice or shortcomings:
            response.headers["X-Gopura-Warning"] = answers.as_header("; ".join([*advice, *shortcomings]))
        return response

    async def _until_served(self, version: int, response: Response) -> list[str]:
        """Tell the version and whether it is served; what is stored is never an error, whatever happens then."""
        response.headers["X-Gopura-Version"] = str(version)
        served, shortcomings = False, ["it is stored, but not served yet: this process ends"]
        try:
            served = await self.gateway.link.served(version)
            shortcomings = self.gateway.link.shortcomings(version)
        except asyncio.CancelledError:
            log.warning("version %d is stored; nobody waits any more until it is served", version)
        except Exception:
            log.exception("it is not known whether version %d is served", version)
            shortcomings = ["it is stored; whether it is served is not known"]
        response.headers["X-Gopura-Served"] = str(served).lower()
        return shortcomings

    async def _call(
        self, request: Request, endpoint: Endpoint, params: Mapping[str, str], request_id: str
    ) -> Call:
        most = body.limit(self.gateway.settings)
        sent = await body.read(request, most, endpoint.yaml)
        if not endpoint.many:
            bounds.check(sent.value, len(sent.raw), most)
        query = _query(request)
        if endpoint.entity is not None:
            query = coerce_form(endpoint.entity, query)
            if sent.form:
                sent = body.Body(coerce_form(endpoint.entity, sent.value), True, sent.raw)
        return Call(request, self.gateway, endpoint, params, query, sent, request_id)


async def _nothing() -> dict[str, Any]:
    """A request without a body."""
    return {"type": "http.request", "body": b"", "more_body": False}


class Bare(Response):
    """An answer without the headers that all others carry."""

    @classmethod
    def of(cls, response: Response) -> "Bare":
        """The same answer."""
        return cls(response.body, response.status_code, media_type=response.media_type)


def _query(request: Request) -> dict[str, Any]:
    text = request.scope["query_string"].decode("latin-1")
    if _MALFORMED_QUERY.search(text):
        raise answers.Refusal(answers.message("a NUL character in the query", 400))
    try:
        return arguments.nested(arguments.parse(text))
    except arguments.TooManyArguments as error:
        raise answers.Refusal(answers.message("Too many arguments", 400)) from error


def _options(request: Request, endpoint: Endpoint) -> Response:
    wanted = request.headers.get("access-control-request-headers", "Content-Type")
    methods = {"Allow": endpoint.allow, "Access-Control-Allow-Methods": endpoint.allow}
    return Response(None, 204, {**methods, "Access-Control-Allow-Headers": wanted})


def _without_body(response: Response) -> Response:
    response.body = b""
    return response
