"""Names that other editions and versions of Kong know: they change nothing here, and a notice says what they are."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Elsewhere:
    """A group of names: what they are, and a pattern that fits each of them whole."""

    what: str
    names: re.Pattern[str]


def _group(what: str, *patterns: str) -> Elsewhere:
    return Elsewhere(what, re.compile("|".join(patterns)))


GROUPS = (
    _group(
        "of Kong's paid edition",
        r"enforce_rbac|rbac_\w+|password|license_\w+|vitals\w*|analytics_\w+|konnect_mode|event_hooks_enabled",
        r"portal\w*|smtp_\w+|proxy_url|audit_log\w*|keyring_\w+|fips|feature_conf_path|generate_trace_details",
        r"admin_(api_uri|approved_email|emails_\w+|invitation_expiry)",
        r"admin_gui_(flags|auth\w*|header_\w+|footer_\w+|login_banner_\w+|session_conf|ssl_protocols)",
        r"tracing|tracing_(write_\w+|time_threshold|types|debug_header)",
        r"cluster_(telemetry|fallback)_\w+|cluster_allowed_common_names|allow_inconsistent_data_plane_plugins",
        r"route_validation_strategy|enforce_route_path_pattern|pg_(ro_)?iam_auth\w*|privileged_agent",
        r"debug_(listen\w*|access_log|error_log)|vaults_lazy_load_secrets",
    ),
    _group(
        "of newer versions of Kong than 3.5",
        r"new_dns_client|resolver_\w+|wasm_(filters|dynamic_module)|cluster_(rpc|incremental_sync|cjson)\w*",
        r"legacy_\w+|debug_ssl_cert\w*",
    ),
    _group(
        "removed from Kong before 3.5",
        r"cassandra_\w+|serf_path|dnsmasq\w*|cluster_(advertise|profile|encrypt_key|keyring_file|listen_rpc)",
        r"cluster_ttl_on_failure|data_plane_config_cache_\w+|go_(plugins_dir|pluginserver_exe)|service_mesh|origins",
        r"(proxy|admin)_listen_ssl|(admin_)?(ssl|http2)|admin_gui_origin|host_ports|lua_code_cache",
        r"custom_plugins|server_tokens|latency_tokens|client_max_body_size|router_update_frequency",
        r"nginx_optimizations|(nginx_)?(http_)?upstream_keepalive(_requests|_timeout)?",
    ),
)

_INSTEAD = {
    "admin_api_uri": "admin_gui_api_url",
    "client_max_body_size": "nginx_http_client_max_body_size",
    "custom_plugins": "plugins",
    "latency_tokens": "headers",
    "server_tokens": "headers",
    "upstream_keepalive": "upstream_keepalive_pool_size",
    "nginx_upstream_keepalive": "upstream_keepalive_pool_size",
    "router_update_frequency": "worker_state_update_frequency",
    "ssl": "proxy_listen",
    "admin_ssl": "admin_listen",
    "proxy_listen_ssl": "proxy_listen",
    "admin_listen_ssl": "admin_listen",
}


def elsewhere(key: str) -> str | None:
    """What a key is to other editions and versions of Kong, and the setting here that does its work; None: unknown."""
    for group in GROUPS:
        if group.names.fullmatch(key):
            instead = f"; here it is `{_INSTEAD[key]}`" if key in _INSTEAD else ""
            return group.what + instead
    return None
