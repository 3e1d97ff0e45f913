"""The configuration in the form that Kong's `GET /` shows."""

from __future__ import annotations

from typing import Any

from gopura.settings.catalogue import SETTINGS
from gopura.settings.kinds import Listen
from gopura.settings.listen import Listener
from gopura.settings.settings import Settings

HIDDEN = "******"
_LATENCIES = (
    "X-Kong-Proxy-Latency",
    "X-Kong-Response-Latency",
    "X-Kong-Admin-Latency",
    "X-Kong-Upstream-Latency",
)
_GROUPS = {"server_tokens": ("Via", "Server"), "latency_tokens": _LATENCIES}
_HEADERS = ("Via", "Server", *_LATENCIES, "X-Kong-Upstream-Status", "X-Kong-Request-Id", *_GROUPS)
_TLS_FLAGS = {
    "proxy_listen": "proxy_ssl_enabled",
    "stream_listen": "stream_proxy_ssl_enabled",
    "admin_listen": "admin_ssl_enabled",
    "admin_gui_listen": "admin_gui_ssl_enabled",
    "status_listen": "status_ssl_enabled",
}


def public(settings: Settings) -> dict[str, Any]:
    """Values without secrets, and what Kong derives from them."""
    shown = {name: _shown(settings, name, value) for name, value in settings.items()}
    shown = {name: value for name, value in shown.items() if value is not None}
    shown |= {"database": _told_database(settings), "gopura_database": settings.database}
    upstream = enabled_headers(settings.headers_upstream)
    derived = {
        "enabled_headers": enabled_headers(settings.headers),
        "enabled_headers_upstream": {"X-Kong-Request-Id": upstream["X-Kong-Request-Id"]},
        "host_ports": host_ports(settings.port_maps),
        "loaded_vaults": {"env": True} if "bundled" in settings.vaults else {},
    }
    return shown | _listeners(settings) | _files(settings) | derived


def enabled_headers(tokens: list[str]) -> dict[str, bool]:
    """Which headers the gateway adds, by a list of names and groups."""
    given = {token.lower() for token in tokens}
    if tokens[:1] == ["off"]:
        given = set()
    enabled = {name: name.lower() in given for name in _HEADERS}
    for group, names in _GROUPS.items():
        enabled |= dict.fromkeys(names, True) if enabled[group] else {}
    return enabled


def host_ports(maps: list[str]) -> dict[str, int]:
    """Listening port → port that clients see."""
    return {inner: int(outer) for outer, _, inner in (text.partition(":") for text in maps)}


def _told_database(settings: Settings) -> str:
    """Clients of Kong know two: `postgres`, which can be written to, and `off`."""
    told: str = settings.database
    return str(settings.reported_database) if told == "sqlite" else told


def _shown(settings: Settings, name: str, value: Any) -> Any:
    setting = SETTINGS.get(name)
    if setting is not None and setting.secret:
        return HIDDEN if value else None
    return settings.references.get(name, value)


def _listeners(settings: Settings) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for name, setting in SETTINGS.items():
        if isinstance(setting.kind, Listen):
            listeners = settings.listeners(name)
            shown[name + "ers"] = [_listener(listener) for listener in listeners]
            if name in _TLS_FLAGS:
                shown[_TLS_FLAGS[name]] = any(listener.has("ssl") for listener in listeners)
    return shown


def _listener(listener: Listener) -> dict[str, Any]:
    flags = dict.fromkeys(("ssl", "http2", "proxy_protocol", "deferred", "bind", "reuseport"), False)
    address, _, _ = listener.address.rpartition(":")
    return (
        {"ip": address, "port": listener.port, "listener": str(listener)}
        | flags
        | dict.fromkeys(listener.flags, True)
    )


def _files(settings: Settings) -> dict[str, str]:
    places = {
        "nginx_pid": "pids/gopura.pid",
        "nginx_err_logs": "logs/error.log",
        "nginx_acc_logs": "logs/access.log",
        "admin_acc_logs": "logs/admin_access.log",
        "ssl_cert_default": "ssl/default.crt",
        "ssl_cert_key_default": "ssl/default.key",
        "ssl_cert_default_ecdsa": "ssl/default-ecdsa.crt",
        "ssl_cert_key_default_ecdsa": "ssl/default-ecdsa.key",
    }
    return {name: str(settings.path(place)) for name, place in places.items()}
