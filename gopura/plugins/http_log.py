"""HTTP log: an entry per request, posted to a server."""

import base64
from typing import Annotated

from gopura.plugin import ALL_PROTOCOLS, Exchange, Node, Plugin, Use, config
from gopura.plugin.custom_fields import set_fields
from gopura.plugin.http import StepTimeouts
from gopura.plugin.queue import FORMER_NAMES, Bounds, Queue, Queues
from gopura.plugin.record import encoded
from gopura.schema.types.url import parsed_url


def _no(header: str, lua: str) -> config.Pattern:
    return config.Pattern(lua, rf"(?i)^{header}\Z", f"cannot contain '{header}' header")


_OWN_HEADERS = config.MatchNone(
    _no("Host", "^[Hh][Oo][Ss][Tt]$"),
    _no("Content-Length", "^[Cc][Oo][Nn][Tt][Ee][Nn][Tt]%-[Ll][Ee][nn][Gg][Tt][Hh]$"),
    _no("Content-Type", "^[Cc][Oo][Nn][Tt][Ee][Nn][Tt]%-[Tt][Yy][Pp][Ee]$"),
)


def _one_authorization(settings: "HttpLog.Config") -> str | None:
    headers = {name.lower() for name in settings.headers or ()}
    if parsed_url(settings.http_endpoint).userinfo is not None and "authorization" in headers:
        return "specifying both an 'Authorization' header and user info in 'http_endpoint' is not allowed"
    return None


class HttpLog(Plugin, name="http-log", priority=12, protocols=ALL_PROTOCOLS):
    """Posts JSON after each request, or several together."""

    example = {"http_endpoint": "http://127.0.0.1:9999/requests", "headers": {"X-From": "gateway"}}

    class Config(config.Record):
        """Where to, and how."""

        checks = (FORMER_NAMES,)
        rules = (config.Custom(_one_authorization),)

        http_endpoint: Annotated[config.Url, config.Encrypted(), config.Referenceable()]
        """The URL to post to."""
        method: Annotated[str | None, config.OneOf("POST", "PUT", "PATCH")] = "POST"
        """The method to use."""
        content_type: Annotated[
            str | None, config.OneOf("application/json", "application/json; charset=utf-8")
        ] = "application/json"
        """The Content-Type to send."""
        timeout: float | None = 10000
        """How many milliseconds a request may take."""
        keepalive: float | None = 60000
        """How many milliseconds an idle connection is kept."""
        retry_count: int | None = None
        """Without effect; see `queue.max_retry_time`."""
        queue_size: int | None = None
        """The old name of `queue.max_batch_size`."""
        flush_timeout: float | None = None
        """The old name of `queue.max_coalescing_delay`."""
        headers: (
            dict[Annotated[config.HeaderName, _OWN_HEADERS], Annotated[str, config.Referenceable()]] | None
        ) = None
        """Headers to send besides."""
        queue: config.Queue
        """How entries are collected and sent."""
        custom_fields_by_lua: config.LuaFields | None = None

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        self._queues = Queues(self.name, node.loop, node.spawn)

    def prepare(self, config: Config, use: Use) -> "Target":
        """Know the target, and the queue that leads there."""
        self.node.http.prepare(verify=False)
        target = Target(config, self.node)
        return target.with_queue(self._queues)

    def log(self, exchange: Exchange, config: "Target") -> None:
        """Put the record into the queue."""
        set_fields(exchange, config.settings.custom_fields_by_lua, self)
        config.queue.put(encoded(exchange))


class Target:
    """A server that records are posted to."""

    queue: Queue

    def __init__(self, settings: HttpLog.Config, node: Node) -> None:
        self.settings, self._node = settings, node
        self._url, self._headers = endpoint(settings)

    def with_queue(self, queues: Queues) -> "Target":
        """Share the queue with other uses of the same target."""
        settings = self.settings
        key = (
            settings.http_endpoint,
            settings.method,
            settings.content_type,
            settings.timeout,
            settings.keepalive,
        )
        self.queue = queues.get(repr(key), Bounds.of(settings), self.send)
        return self

    async def send(self, batch: list[bytes]) -> None:
        """Post a batch; raises unless the server took it."""
        alone = self.queue.bounds.max_batch_size == 1
        answer = await self._node.http.request(
            self.settings.method or "POST",
            self._url,
            headers=self._headers,
            content=batch[0] if alone else b"[" + b",".join(batch) + b"]",
            timeout=StepTimeouts.alike((self.settings.timeout or 10_000) / 1000),
            verify=False,
        )
        if answer.status_code >= 300:
            raise RuntimeError(f"{self._url} returned status code {answer.status_code}")


def endpoint(settings: HttpLog.Config) -> tuple[str, dict[str, str]]:
    """The URL without user name and password, and the headers to send."""
    parsed = parsed_url(settings.http_endpoint)
    headers = {"Content-Type": settings.content_type or "application/json"} | (settings.headers or {})
    url = settings.http_endpoint
    if parsed.userinfo is not None:
        url = url.replace(f"{parsed.userinfo}@", "", 1)
        headers["Authorization"] = "Basic " + base64.b64encode(parsed.userinfo.encode()).decode()
    return url, headers
