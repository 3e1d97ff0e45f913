"""What `resty.http` and `resty.redis` of Lua code wait for: requests of the node's own clients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from gopura.plugin.http import StepTimeouts
from gopura.plugin.lua.values import Json, bytes_of, text_of
from gopura.plugin.redis import Server

if TYPE_CHECKING:
    from gopura.plugin.node import Node

Values = tuple[Any, ...]

_BODY_LIMIT = 16 << 20
"""Bytes of an answer that code gets."""
_SECONDS = 60
"""How long an answer may take as a whole, unless the timeouts of its steps are longer together."""


async def answered(node: Node, kind: str, arguments: Values) -> Values:
    """What a waiting run goes on with, as its module in clients.lua takes it."""
    return await (_http if kind == "http" else _redis)(node, *arguments)


async def _http(node: Node, uri: str, options: Any, timeouts: list[Any]) -> Values:
    import httpx

    options = options or {}
    headers, body = options.get("headers") or {}, options.get("body")
    connect, write, read = (float(each) / 1000 for each in timeouts)
    try:
        answer, content = await node.http.read_within(
            _BODY_LIMIT,
            max(_SECONDS, connect + write + read),
            str(options.get("method") or "GET"),
            _address(uri, options),
            headers=[(str(name), str(item)) for name, value in headers.items() for item in _list(value)],
            content=None if body is None else bytes_of("".join(map(str, _list(body)))),
            steps=StepTimeouts(connect, write, read),
            verify=options.get("ssl_verify") is not False,
        )
    except httpx.TimeoutException:
        return None, "timeout"
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        return None, _reason(error, uri)
    return (
        {
            "status": answer.status_code,
            "reason": answer.reason_phrase,
            "headers": _headers(answer.headers.multi_items()),
            "body": text_of(content),
        },
    )


def _address(uri: str, options: dict[str, Any]) -> str:
    """The URI with what the options say otherwise of path and query."""
    parts = urlsplit(uri)
    query = options.get("query", parts.query)
    text = urlencode(query, doseq=True) if isinstance(query, dict) else str(query or "").removeprefix("?")
    return urlunsplit(parts._replace(path=str(options.get("path") or parts.path), query=text))


def _headers(items: list[tuple[str, str]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in items:
        known = found.get(name)
        found[name] = value if known is None else [*_list(known), value]
    return found


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _reason(error: Exception, uri: str) -> str:
    """An error as OpenResty's sockets word it."""
    text = str(error)
    if any(part in text for part in ("refused", "All connection attempts failed", "Connect call failed")):
        return "connection refused"
    if "Name or service not known" in text or "nodename nor servname" in text or "getaddrinfo" in text:
        return f"{urlsplit(uri).hostname} could not be resolved (3: Host not found)"
    return text or type(error).__name__


async def _redis(
    node: Node, server: dict[str, Any], milliseconds: float, command: str, *words: Any
) -> Values:
    """Why not and the value: nil for a connection's fault, false for one of the command, as `resty.redis` has them."""
    from redis import exceptions

    wanted = Server(
        host=str(server["host"]),
        port=int(server.get("port") or 6379),
        database=int(server.get("database") or 0),
        username=server.get("username"),
        password=server.get("password"),
        ssl=bool(server.get("ssl")),
        verify=bool(server.get("verify")),
        name=server.get("name"),
        timeout=float(milliseconds or 60_000) / 1000,
    )
    try:
        async with node.redis.passing(wanted) as client:
            if command == "connect":
                return await _connected(client)
            # As bytes the name has no callback that would read the answer: it comes as the server gave it.
            value = await client.execute_command(
                command.encode(), *(bytes_of(_shown(word)) for word in words)
            )  # type: ignore[no-untyped-call]
    except exceptions.TimeoutError:
        return "timeout", None
    except (exceptions.ConnectionError, OSError) as error:
        return _reason(error, f"redis://{server['host']}"), None
    except exceptions.RedisError as error:
        return str(error), False
    return None, Json(_plain(value))


async def _connected(client: Any) -> Values:
    """A server that wants a password first is there, too."""
    from redis import exceptions

    try:
        await client.execute_command("PING")
    except (exceptions.AuthenticationError, exceptions.NoPermissionError):
        pass
    except exceptions.ResponseError as error:
        if not str(error).startswith("NOAUTH"):
            raise
    return None, 1


def _shown(word: Any) -> str:
    return f"{word:.14g}" if isinstance(word, float) else str(word)


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return text_of(value)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return [_plain(part) for pair in value.items() for part in pair]
    return value
