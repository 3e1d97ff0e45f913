"""Whole configurations as users of Kong have them: each starts, with the values meant, and what is ignored is told."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from gopura.settings import SETTINGS, Settings, SettingsError
from gopura.settings.catalogue.elsewhere import elsewhere
from gopura.settings.families import find

HERE = Path(__file__).parent
PAID = r"ignored, as settings of Kong's paid edition: "
REMOVED = r"ignored, as settings removed from Kong before 3\.5: "
NEWER = r"ignored, as settings of newer versions of Kong than 3\.5: "
NONE = r"ignored, as no settings, though what \{vault://env/\.\.\.\} references name is read: "


@dataclass
class Case:
    """Variables and the lines of a file; some values that they lead to, and patterns of all notices in order."""

    name: str
    environ: dict[str, str] = field(default_factory=dict)
    lines: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)


COMPOSE = {
    "KONG_DATABASE": "postgres",
    "KONG_PG_HOST": "kong-database",
    "KONG_PG_PASSWORD": "kong",
    "KONG_PROXY_ACCESS_LOG": "/dev/stdout",
    "KONG_ADMIN_ACCESS_LOG": "/dev/stdout",
    "KONG_PROXY_ERROR_LOG": "/dev/stderr",
    "KONG_ADMIN_ERROR_LOG": "/dev/stderr",
    "KONG_ADMIN_LISTEN": "0.0.0.0:8001, 0.0.0.0:8444 ssl",
    "KONG_ADMIN_GUI_URL": "http://localhost:8002",
    "KONG_NGINX_DAEMON": "off",
}
HELM = {
    "KONG_ADMIN_ACCESS_LOG": "/dev/stdout",
    "KONG_ADMIN_ERROR_LOG": "/dev/stderr",
    "KONG_ADMIN_GUI_ACCESS_LOG": "/dev/stdout",
    "KONG_ADMIN_GUI_ERROR_LOG": "/dev/stderr",
    "KONG_ADMIN_LISTEN": "127.0.0.1:8444 http2 ssl, [::1]:8444 http2 ssl",
    "KONG_CLUSTER_LISTEN": "off",
    "KONG_DATABASE": "off",
    "KONG_KIC": "on",
    "KONG_LUA_PACKAGE_PATH": "/opt/?.lua;/opt/?/init.lua;;",
    "KONG_NGINX_WORKER_PROCESSES": "2",
    "KONG_PORTAL_API_ACCESS_LOG": "/dev/stdout",
    "KONG_PORTAL_API_ERROR_LOG": "/dev/stderr",
    "KONG_PORT_MAPS": "80:8000, 443:8443",
    "KONG_PREFIX": "/kong_prefix/",
    "KONG_PROXY_LISTEN": "0.0.0.0:8000, [::]:8000, 0.0.0.0:8443 http2 ssl, [::]:8443 http2 ssl",
    "KONG_PROXY_STREAM_ACCESS_LOG": "/dev/stdout basic",
    "KONG_ROUTER_FLAVOR": "traditional",
    "KONG_STATUS_ACCESS_LOG": "off",
    "KONG_STATUS_LISTEN": "0.0.0.0:8100, [::]:8100",
    "KONG_STREAM_LISTEN": "off",
    "KONG_NGINX_DAEMON": "off",
}
SERVICE_LINKS = {
    "KONG_PROXY_PORT": "tcp://10.0.0.1:80",
    "KONG_PROXY_PORT_80_TCP": "tcp://10.0.0.1:80",
    "KONG_PROXY_PORT_80_TCP_ADDR": "10.0.0.1",
    "KONG_PROXY_PORT_80_TCP_PORT": "80",
    "KONG_PROXY_PORT_80_TCP_PROTO": "tcp",
    "KONG_PROXY_SERVICE_HOST": "10.0.0.1",
    "KONG_PROXY_SERVICE_PORT_KONG_PROXY_TLS": "443",
    "KONG_ADMIN_SERVICE_HOST": "10.0.0.2",
    "KONG_ADMIN_PORT": "tcp://10.0.0.2:8444",
    "KONG_DNS_PORT_53_UDP_ADDR": "10.0.0.3",
    "KONG_PORT": "tcp://10.0.0.4:8000",
    "KONG_SERVICE_HOST": "10.0.0.4",
    "GOPURA_ADMIN_SERVICE_PORT_HTTP": "8001",
}
CASES = [
    Case(
        "Kong's compose file",
        COMPOSE,
        values={"pg_host": "kong-database", "proxy_access_log": "/dev/stdout", "nginx_main_daemon": "off"},
    ),
    Case(
        "the Helm chart",
        HELM,
        values={"nginx_main_worker_processes": "2", "prefix": "/kong_prefix"},
        notices=[PAID + "KONG_PORTAL_API_ACCESS_LOG, KONG_PORTAL_API_ERROR_LOG$"],
    ),
    Case("addresses that Kubernetes injects", SERVICE_LINKS, values={"dns_resolver": []}),
    Case(
        "a Kubernetes Service called as a setting is",
        {"KONG_DATABASE": "postgres", "KONG_PG_PORT": "tcp://10.0.0.1:5432"},
        values={"pg_port": 5432},
        notices=["KONG_PG_PORT is the address of a Kubernetes Service, not the setting pg_port$"],
    ),
    Case(
        "the paid edition",
        {
            "KONG_LICENSE_DATA": "{}",
            "KONG_PASSWORD": "hush",
            "KONG_ENFORCE_RBAC": "on",
            "KONG_PORTAL": "on",
            "KONG_PORTAL_GUI_HOST": "h",
            "KONG_VITALS": "off",
            "KONG_ADMIN_GUI_AUTH": "basic-auth",
            "KONG_SMTP_MOCK": "on",
            "KONG_LICENSE_PATH_FILE": "/no/such/file",
        },
        notices=[
            PAID + "KONG_ADMIN_GUI_AUTH, KONG_ENFORCE_RBAC, KONG_LICENSE_DATA, KONG_LICENSE_PATH_FILE, "
            "KONG_PASSWORD, KONG_PORTAL, KONG_PORTAL_GUI_HOST, KONG_SMTP_MOCK, KONG_VITALS$"
        ],
    ),
    Case(
        "years of leftovers",
        {"KONG_CASSANDRA_CONTACT_POINTS": "db", "KONG_CUSTOM_PLUGINS": "mine", "KONG_DNSMASQ": "off"},
        lines="upstream_keepalive = 60\nserf_path = /usr/bin/serf\n",
        notices=[
            r"ignored, as settings removed from Kong before 3\.5; here it is `upstream_keepalive_pool_size`: "
            r"upstream_keepalive \(.*kong.conf:1\)$",
            REMOVED + r"serf_path \(.*kong.conf:2\), KONG_CASSANDRA_CONTACT_POINTS, KONG_DNSMASQ$",
            r"ignored, as settings removed from Kong before 3\.5; here it is `plugins`: KONG_CUSTOM_PLUGINS$",
        ],
    ),
    Case(
        "a later version's",
        {"KONG_NEW_DNS_CLIENT": "on", "KONG_RESOLVER_HOSTS_FILE": "/etc/hosts"},
        notices=[NEWER + "KONG_NEW_DNS_CLIENT, KONG_RESOLVER_HOSTS_FILE$"],
    ),
    Case(
        "variables of the surroundings",
        {"KONG_IMAGE": "kong:3.5", "KONG_LOG_LEVLE": "info", "GOPURA_HOME": "/opt"},
        values={"log_level": "notice"},
        notices=[NONE + r"KONG_IMAGE, KONG_LOG_LEVLE \(did you mean `log_level`\?\), GOPURA_HOME$"],
    ),
    Case(
        "secrets for references",
        {
            "KONG_DATABASE": "postgres",
            "KONG_PG_USER": "{vault://env/kong-db-user}",
            "KONG_DB_USER": "me",
        },
        values={"pg_user": "me"},
    ),
    Case(
        "secrets with a prefix",
        {"KONG_VAULT_ENV_PREFIX": "KONG_SECRET_", "KONG_SECRET_ONE": "1", "KONG_SECRET_TWO": "2"},
    ),
    Case(
        "a plugin's own key in a file",
        lines="my_company_region = eu\n",
        notices=["ignored, as no settings: my_c"],
    ),
    Case(
        "directives left out",
        {"KONG_NGINX_HTTP_SSL_SESSION_TICKETS": "NONE", "KONG_NGINX_MAIN_WORKER_RLIMIT_NOFILE": "NONE"},
        values={"nginx_main_worker_rlimit_nofile": "auto"},
    ),
    Case(
        "Kong's file of defaults, with nothing commented out",
        lines=(HERE / "kong_defaults_3.5.conf").read_text(),
        values={"database": "postgres", "pg_ro_port": None},
    ),
    Case(
        "a later version's file of defaults",
        lines=(HERE / "kong_defaults_3.9.conf").read_text(),
        values={"database": "postgres"},
        notices=[NEWER + r".*new_dns_client .*resolver_"],
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_it_starts(case: Case, tmp_path: Path) -> None:
    conf = tmp_path / "kong.conf"
    conf.write_text(case.lines)
    settings = Settings.load(conf, case.environ, {})
    ignored = [notice for notice in settings.notices if "has no effect" not in notice]
    assert len(ignored) == len(case.notices), ignored
    for notice, pattern in zip(ignored, case.notices, strict=True):
        assert re.match(pattern, notice), notice
    assert {name: settings.get(name) for name in case.values} == case.values


@pytest.mark.parametrize("case", [case for case in CASES if case.notices], ids=lambda case: case.name)
def test_strictly_nothing_is_ignored(case: Case, tmp_path: Path) -> None:
    conf = tmp_path / "kong.conf"
    conf.write_text(case.lines)
    if "Service" in case.name:
        return  # which is nobody's mistake
    with pytest.raises(SettingsError, match=r"is (not a known setting|a setting (of|removed))"):
        Settings.load(conf, case.environ, {}, strict=True)


def test_every_name_that_any_kong_knew_is_known() -> None:
    names = (HERE / "other_kong_keys.txt").read_text().split()
    assert [name for name in names if find(name) is None and elsewhere(name) is None] == []
    assert [name for name in SETTINGS if elsewhere(name)] == []


MISSPELT = [
    "log_levle = info",
    "pg_prot = 5432",
    "proxy_lisen = off",
    "plugin = bundled",
    "trusted_ip = 10.0.0.0/8",
]


@pytest.mark.parametrize("line", MISSPELT)
def test_misspelt_in_a_file(line: str, tmp_path: Path) -> None:
    conf = tmp_path / "kong.conf"
    conf.write_text(line)
    with pytest.raises(
        SettingsError, match=r"kong\.conf:1: \w+: is not a known setting; did you mean `\w+`\?"
    ):
        Settings.load(conf, {}, {})
