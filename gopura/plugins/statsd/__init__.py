"""StatsD: measurements of requests, sent to a StatsD server."""

import asyncio
from collections.abc import Iterator
from typing import Annotated, Any

from gopura.plugin import ALL_PROTOCOLS, Exchange, Node, Plugin, config
from gopura.plugin.queue import FORMER_NAMES, Bounds, Queues, Send
from gopura.plugins.statsd.measured import Measurements

_METRICS = (
    "kong_latency",
    "latency",
    "request_count",
    "request_per_user",
    "request_size",
    "response_size",
    "status_count",
    "status_count_per_user",
    "unique_users",
    "upstream_latency",
    "status_count_per_workspace",
    "status_count_per_user_per_route",
    "shdict_usage",
)
_CONSUMERS = config.OneOf("consumer_id", "custom_id", "username")
_SERVICES = config.OneOf("service_id", "service_name", "service_host", "service_name_or_host")
_WORKSPACES = config.OneOf("workspace_id", "workspace_name")


def _metric(name: str, kind: str) -> dict[str, Any]:
    sampled = {"sample_rate": 1} if kind in ("counter", "gauge") else {}
    return {"name": name, "stat_type": kind, **sampled}


_DEFAULT: Any = [
    _metric("request_count", "counter"),
    _metric("latency", "timer"),
    _metric("request_size", "counter"),
    _metric("status_count", "counter"),
    _metric("response_size", "counter"),
    _metric("unique_users", "set"),
    _metric("request_per_user", "counter"),
    _metric("upstream_latency", "timer"),
    _metric("kong_latency", "timer"),
    _metric("status_count_per_user", "counter"),
    _metric("status_count_per_workspace", "counter"),
    _metric("status_count_per_user_per_route", "counter"),
    _metric("shdict_usage", "gauge"),
]


class Metric(config.Record):
    """One measurement."""

    checks = (
        config.Conditional("stat_type", config.OneOf("counter", "gauge"), "sample_rate", config.Required()),
    )

    name: Annotated[str, config.OneOf(*_METRICS)]
    """What is measured."""
    stat_type: Annotated[str, config.OneOf("counter", "gauge", "histogram", "meter", "set", "timer")]
    """The kind of the measurement."""
    sample_rate: Annotated[float | None, config.Gt(0)] = None
    """The share of the requests that is measured."""
    consumer_identifier: Annotated[str | None, _CONSUMERS] = None
    """What names the consumer."""
    service_identifier: Annotated[str | None, _SERVICES] = None
    """What names the service."""
    workspace_identifier: Annotated[str | None, _WORKSPACES] = None
    """What names the workspace."""


class Statsd(Plugin, name="statsd", priority=11, protocols=ALL_PROTOCOLS):
    """Sends the measurements after each request."""

    example = {
        "host": "127.0.0.1",
        "port": 8125,
        "metrics": [{"name": "request_count", "stat_type": "counter", "sample_rate": 1}],
    }

    class Config(config.Record):
        """What is measured, how it is named, where it is sent."""

        checks = (FORMER_NAMES,)

        host: config.Host | None = "localhost"
        """The server's host."""
        port: config.Port | None = 8125
        """The server's port."""
        prefix: str | None = "kong"
        """What the names of all measurements begin with."""
        metrics: list[Metric] | None = _DEFAULT
        """The measurements."""
        allow_status_codes: (
            list[Annotated[str, config.Match("^[0-9]+-[0-9]+$", r"^[0-9]+-[0-9]+\Z")]] | None
        ) = None
        """The ranges of statuses that are measured, e.g. `200-299`; all when it is left out."""
        udp_packet_size: Annotated[float | None, config.Between(0, 65507)] = 0
        """How many bytes of measurements are sent together; 0: each alone."""
        use_tcp: bool | None = False
        """Whether to send by TCP."""
        hostname_in_prefix: bool | None = False
        """Whether the names of all measurements have the node's host name in front."""
        consumer_identifier_default: Annotated[str, _CONSUMERS] = "custom_id"
        """What names the consumer, where a measurement does not say."""
        service_identifier_default: Annotated[str, _SERVICES] = "service_name_or_host"
        """What names the service, where a measurement does not say."""
        workspace_identifier_default: Annotated[str, _WORKSPACES] = "workspace_id"
        """What names the workspace, where a measurement does not say."""
        retry_count: int | None = None
        """Without effect; see `queue.max_retry_time`."""
        queue_size: int | None = None
        """The old name of `queue.max_batch_size`."""
        flush_timeout: float | None = None
        """The old name of `queue.max_coalescing_delay`."""
        tag_style: Annotated[
            str | None, config.Optional(), config.OneOf("dogstatsd", "influxdb", "librato", "signalfx")
        ] = None
        """How tags are written; without it names are longer and there are no tags."""
        queue: config.Queue
        """How measurements are collected and sent."""

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        self._queues = Queues(self.name, node.loop, node.spawn)

    def log(self, exchange: Exchange, config: Config) -> None:
        """Send the measurements."""
        if not wanted(exchange.response.status, config.allow_status_codes):
            return
        lines = list(Measurements(exchange, config, self.node.hostname.replace(".", "_")).lines())
        host, port = config.host or "localhost", config.port or 8125
        if config.use_tcp:
            queue = self._queues.get(f"{host}:{port}", Bounds.of(config), sender(host, port))
            for each in lines:
                queue.put(each + b"\n")
            return
        for packet in packets(lines, int(config.udp_packet_size or 0)):
            self.node.datagrams.send(host, port, packet)


def wanted(status: int, ranges: list[str] | None) -> bool:
    """Whether a status lies in one of the ranges (`200-299`); every one does when there are none."""
    if ranges is None:
        return True
    bounds = (text.split("-") for text in ranges)
    return any(int(low) <= status <= int(high) for low, high in bounds)


def packets(lines: list[bytes], size: int) -> Iterator[bytes]:
    """The lines in as few packets as their size allows; each alone when it is 0."""
    packet = b""
    for each in lines:
        if packet and (not size or len(packet) + 1 + len(each) > size):
            yield packet
            packet = b""
        packet = packet + b"\n" + each if packet else each
    if packet:
        yield packet


def sender(host: str, port: int) -> Send:
    """Writes lines to a server over TCP."""

    async def send(batch: list[bytes]) -> None:
        async with asyncio.timeout(1):
            _, writer = await asyncio.open_connection(host, port)
            try:
                writer.write(b"".join(batch))
                await writer.drain()
            finally:
                writer.close()

    return send
