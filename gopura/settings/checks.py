"""What two or more settings must agree on, and what must exist."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gopura.settings.source import Problem

_CONNECTION = ("pg_host", "pg_port", "pg_user", "pg_password", "pg_database", "pg_schema", "pg_ssl")
_PAIRS = (
    ("ssl", "proxy_listen"),
    ("admin_ssl", "admin_listen"),
    ("status_ssl", "status_listen"),
    ("admin_gui_ssl", "admin_gui_listen"),
)


def check(values: Mapping[str, Any], origins: Mapping[str, str]) -> Iterator[Problem]:
    """Yield every disagreement."""
    for key, message in (*_faults(values), *_database(origins)):
        yield Problem(key, origins.get(key, ""), message)


def _faults(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield from _certificates(values)
    yield from _ciphers(values)
    yield from _addresses(values)
    yield from _role(values)
    if "off" in values["tracing_instrumentations"] and len(values["tracing_instrumentations"]) > 1:
        yield "tracing_instrumentations", "`off` excludes all other values"
    if not Path(values["dns_hostsfile"] or "/dev/null").exists():
        yield "dns_hostsfile", f"there is no file `{values['dns_hostsfile']}`"
    for form in ("html", "json", "xml", "plain"):
        name = f"error_template_{form}"
        if values[name] and not os.access(values[name], os.R_OK):
            yield name, f"cannot read `{values[name]}`"
    for path in values["plugins_path"]:
        if not Path(path).expanduser().is_dir():
            yield "plugins_path", f"there is no folder `{path}`"


def _database(origins: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """A file of Kong's need not say `database = postgres`: that is its default, and ours is another."""
    if "database" in origins:
        return
    if name := next((name for name in _CONNECTION if name in origins), None):
        yield (
            name,
            "is set, but `database` is not: write `database = postgres` (Kong's default) to use that "
            "server, or `database = sqlite` (the default here) for the embedded database",
        )


def _certificates(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, _ in _PAIRS:
        certificates, keys = values[f"{name}_cert"], values[f"{name}_cert_key"]
        if len(certificates) != len(keys):
            yield (
                f"{name}_cert",
                f"names {len(certificates)} certificates, but {name}_cert_key {len(keys)} keys",
            )
    if (values["client_ssl_cert"] is None) != (values["client_ssl_cert_key"] is None):
        yield "client_ssl_cert", "and client_ssl_cert_key must be set together"


def _ciphers(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if values["ssl_cipher_suite"] != "custom":
        return
    from gopura._engine import cipher_problem

    if problem := cipher_problem(values["ssl_protocols"] or "", values["ssl_ciphers"] or "ALL"):
        yield "ssl_ciphers", problem


def _addresses(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for text in values["trusted_ips"]:
        if text != "unix:" and not _is_network(text):
            yield "trusted_ips", f"`{text}` is not an IP address, a CIDR block or `unix:`"
    for text in values["dns_resolver"]:
        if not _is_server(text):
            yield "dns_resolver", f"`{text}` is not of the form `<ip>[:port]`"
    for text in values["port_maps"]:
        if not all(1 <= int(port) <= 65535 for port in text.split(":")):
            yield "port_maps", f"`{text}` has a port outside 1 to 65535"


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def _is_server(text: str) -> bool:
    host, _, port = text.rpartition(":") if text.count(":") == 1 or "]" in text else (text, "", "53")
    return port.isdigit() and _is_network(host.strip("[]")) and "/" not in host


def _role(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    role = values["role"]
    if role != "traditional" and not (values["cluster_cert"] and values["cluster_cert_key"]):
        yield "role", f"`{role}` needs cluster_cert and cluster_cert_key"
    if role == "control_plane" and values["admin_listen"] == ["off"]:
        yield "admin_listen", "must not be `off` on a control plane"
    if role == "control_plane" and values["database"] == "off":
        yield "database", "must not be `off` on a control plane"
    if role == "data_plane" and values["proxy_listen"] == ["off"]:
        yield "proxy_listen", "must not be `off` on a data plane"
    if role == "data_plane" and values["database"] == "postgres":
        yield "database", "must be `off` on a data plane, which holds no database"
    if role != "data_plane" and values["cluster_dp_labels"]:
        yield "cluster_dp_labels", "can only be set on a data plane"
