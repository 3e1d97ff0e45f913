"""Listening addresses, routing, headers and connections to upstreams."""

from __future__ import annotations

from gopura.settings.kinds import Flag, Listen, ListOf, Number, OneOf, OnOff, Text
from gopura.settings.listen import STREAM_FLAGS
from gopura.settings.setting import Section, Setting

_TOKENS = (
    "server_tokens",
    "latency_tokens",
    "Via",
    "Server",
    "X-Kong-Proxy-Latency",
    "X-Kong-Response-Latency",
    "X-Kong-Admin-Latency",
    "X-Kong-Upstream-Latency",
    "X-Kong-Upstream-Status",
    "X-Kong-Request-Id",
    "off",
)


def _any_case(*words: str) -> Text:
    return Text("(?i:" + "|".join(words) + ")", "one of " + ", ".join(f"`{word}`" for word in words))


SECTION = Section(
    "Proxy",
    (
        Setting(
            "proxy_listen",
            Listen(),
            "0.0.0.0:8000 reuseport backlog=16384, 0.0.0.0:8443 http2 ssl reuseport backlog=16384",
            "Addresses for HTTP traffic. Flags: `ssl`; `http2` (with `ssl` by ALPN, without it by prior "
            "knowledge); "
            "`proxy_protocol`; `reuseport` (one socket per worker); `backlog=N` (length of the accept "
            "queue).",
        ),
        Setting(
            "stream_listen",
            Listen(STREAM_FLAGS),
            "off",
            "Addresses for TCP, TLS and, with `udp`, UDP traffic.",
            inert="this release proxies HTTP only",
        ),
        Setting(
            "admin_listen",
            Listen(),
            "127.0.0.1:8001 reuseport backlog=16384, 127.0.0.1:8444 http2 ssl reuseport backlog=16384",
            "Addresses of the Admin API. Whoever reaches them controls the gateway: keep them private.",
        ),
        Setting(
            "admin_allowed_hosts",
            ListOf(Text(r"\*|(\*\.)?[^\s*,/:]+", "a name, `*.` and a domain, or `*`")),
            "",
            "Names under which the Admin API is reached without TLS, beside those of this machine, of its "
            "listeners, of `admin_gui_url` and `admin_gui_api_url`. Addresses, names without a dot and names that "
            "are private to a network (`.localhost`, `.local`, `.internal`, `.svc`, `.pod`, `.home.arpa`, `.test`) "
            "always pass. `*` lets every name pass: then any web page may drive the gateway by DNS rebinding.",
            own=True,
        ),
        Setting(
            "status_listen",
            Listen(),
            "127.0.0.1:8100",
            "Addresses of the status API: /status, /status/ready, /metrics; safe to show to monitoring.",
        ),
        Setting(
            "router_flavor",
            OneOf("traditional", "traditional_compatible", "expressions"),
            "traditional_compatible",
            "How routes are written and compared: by fields (`traditional`, `traditional_compatible`) or "
            "by `expressions`.",
        ),
        Setting(
            "headers",
            ListOf(_any_case(*_TOKENS)),
            "server_tokens, latency_tokens, X-Kong-Request-Id",
            "Headers that the gateway adds to responses. `server_tokens` is Server and Via; "
            "`latency_tokens` is the four "
            "latencies; `off` adds none.",
        ),
        Setting(
            "headers_upstream",
            ListOf(_any_case("X-Kong-Request-Id", "off")),
            "X-Kong-Request-Id",
            "Headers that the gateway adds to requests to upstreams.",
        ),
        Setting(
            "trusted_ips",
            ListOf(),
            "",
            "Addresses or CIDR blocks whose X-Forwarded-* headers are believed; `0.0.0.0/0,::/0` trusts all.",
        ),
        Setting(
            "real_ip_header",
            Text(),
            "X-Real-IP",
            "Header of trusted senders that names the client, or `proxy_protocol`.",
        ),
        Setting(
            "real_ip_recursive",
            OnOff(),
            "off",
            "Look for the last address that is not trusted, instead of taking the last one.",
        ),
        Setting(
            "error_default_type",
            OneOf("text/plain", "text/html", "application/json", "application/xml"),
            "text/plain",
            "Form of error answers when the request has no Accept header.",
        ),
        *(
            Setting(
                f"error_template_{form}",
                Text(form="a path"),
                "",
                f"File with the {form} error answer; the first %s is the message, the second the request id.",
            )
            for form in ("html", "json", "xml", "plain")
        ),
        Setting(
            "upstream_http2",
            Flag(),
            "on",
            "Offer HTTP/2 to upstreams over TLS (by ALPN); those that do not speak it, and WebSocket, get "
            "HTTP/1.1.",
            own=True,
        ),
        Setting(
            "upstream_keepalive_pool_size",
            Number(0),
            "512",
            "Idle connections kept per upstream address and identity; 0 keeps none.",
        ),
        Setting(
            "upstream_keepalive_max_requests",
            Number(0),
            "1000",
            "Requests after which an upstream connection is closed; 0 never.",
        ),
        Setting(
            "upstream_keepalive_idle_timeout",
            Number(0, whole=False),
            "60",
            "Seconds after which an idle upstream connection is closed; 0 never.",
        ),
        Setting(
            "encoded_slashes",
            OneOf("allow", "reject", "decode"),
            "allow",
            "What becomes of `%2F`, `%5C` and backslashes in paths, which some upstreams take for slashes: they pass "
            "as they are, as in Kong; the request is answered 400; or they are made slashes before routing.",
            own=True,
        ),
        Setting(
            "allow_debug_header",
            Flag(),
            "off",
            "Answer `Kong-Debug: 1` with headers that name route and service.",
        ),
        Setting(
            "request_debug", Flag(), "on", "Answer X-Kong-Request-Debug with the time spent in each part."
        ),
        Setting(
            "request_debug_token",
            Text(),
            "",
            "Token that X-Kong-Request-Debug-Token must carry, except from loopback; generated when empty.",
            secret=True,
        ),
    ),
)
