"""Proxy cache: answers repeated requests from memory."""

from typing import Annotated, Any

from gopura.plugin import ALL_PROTOCOLS, Plugin, config
from gopura.schema.types.memory import ZONES

_Flag = Annotated[bool | None, config.Optional()]


def _zone(row: dict[str, Any]) -> str | None:
    settings = row["config"]
    if settings.get("strategy") != "memory":
        return None
    name = settings["memory"]["dictionary_name"]
    return None if name in ZONES else f"missing shared dict '{name}'"


class Memory(config.Record):
    """The node's memory."""

    dictionary_name: str = "kong_db_cache"
    """The name of the zone."""


class ResponseHeaders(config.Record):
    """Headers that tell about the cache."""

    age: bool | None = True
    """Whether cached responses say how old they are."""
    cache_status: Annotated[bool | None, config.Named("X-Cache-Status")] = True
    """Whether responses say if they came from the cache."""
    cache_key: Annotated[bool | None, config.Named("X-Cache-Key")] = True
    """Whether responses say under which key they are cached."""


class ProxyCache(Plugin, name="proxy-cache", priority=100, protocols=ALL_PROTOCOLS):
    """Keeps responses, and answers with them."""

    checks = (config.CustomCheck("config", check=_zone),)

    class Config(config.Record):
        """What is kept, how long, and what tells requests apart."""

        response_code: Annotated[list[Annotated[int, config.Between(100, 900)]], config.LenMin(1)] = [
            200,
            301,
            404,
        ]
        """The statuses of responses that are kept."""
        request_method: list[Annotated[str, config.OneOf("HEAD", "GET", "POST", "PATCH", "PUT")]] = [
            "GET",
            "HEAD",
        ]
        """The methods of requests whose responses are kept."""
        content_type: list[str] = ["text/plain", "application/json"]
        """The content types of responses that are kept."""
        cache_ttl: Annotated[int | None, config.Gt(0)] = 300
        """How many seconds a response is good for."""
        strategy: Annotated[str, config.OneOf("memory")]
        """Where responses are kept."""
        cache_control: bool = False
        """Whether Cache-Control headers are obeyed (RFC 9111)."""
        ignore_uri_case: _Flag = False
        """Whether paths that differ only in case are the same."""
        storage_ttl: int | None = None
        """How many seconds a response stays in memory, good or not."""
        memory: Memory
        """The settings of the memory."""
        vary_query_params: list[str] | None = None
        """The query arguments that tell requests apart; all when it is left out."""
        vary_headers: list[str] | None = None
        """The headers that tell requests apart; none when it is left out."""
        response_headers: ResponseHeaders
        """Headers that tell about the cache."""
