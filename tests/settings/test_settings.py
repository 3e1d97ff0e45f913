import json
import re
from pathlib import Path

import pytest

from gopura.settings import SETTINGS, Settings, SettingsError

VALUES = [
    ("log_level", "debug", "debug"),
    ("pg_port", "5433", 5433),
    ("pg_ssl", "true", True),
    ("real_ip_recursive", "true", "on"),
    ("db_update_frequency", "0.5", 0.5),
    ("plugins", "bundled, my-plugin, ", ["bundled", "my-plugin"]),
    ("status_listen", "127.0.0.1:1,", ["127.0.0.1:1"]),
    ("ssl_cert", "", []),
    ("pg_schema", "", None),
    ("log_level", "", "notice"),
    ("plugins", " ", ["bundled"]),
    ("headers", "via, Latency_Tokens", ["via", "Latency_Tokens"]),
    ("pg_password", "123", "123"),
    ("vault_aws_region", "eu", "eu"),
    ("nginx_http_client_max_body_size", "8m", "8m"),
    ("proxy_access_log", "logs/a.log combined", "logs/a.log combined"),
    ("admin_access_log", "logs/a.log combined", "logs/a.log"),
    ("nginx_http_client_max_body_size", "NONE", "1m"),
    ("nginx_admin_client_max_body_size", "NONE", "0"),
    ("nginx_http_charset", "NONE", "off"),
    ("nginx_http_send_timeout", "NONE", "60s"),
    ("nginx_worker_processes", "NONE", "1"),
    ("nginx_http_include", "NONE", None),
    ("nginx_http_ssl_protocols", "NONE", None),
]
FAULTS = [
    ("log_level", "loud", "log_level: `loud` is not allowed; expected one of `debug`"),
    ("log_levle", "debug", "log_levle: is not a known setting; did you mean `log_level`?"),
    ("qqqq", "1", "qqqq: is not a known setting; `gopura check --list` shows all"),
    ("pg_port", "70000", "pg_port: `70000` is not allowed; expected a whole number from 1 to 65535"),
    ("pg_ssl", "maybe", "pg_ssl: `maybe` is not allowed; expected `on` or `off`"),
    ("tracing_sampling_rate", "2", "expected a number from 0 to 1"),
    ("trusted_ips", "nowhere", "trusted_ips: `nowhere` is not an IP address"),
    ("dns_resolver", "name", "dns_resolver: `name` is not of the form"),
    ("ssl_cert", "a.crt", "ssl_cert: names 1 certificates, but ssl_cert_key 0 keys"),
    ("tracing_instrumentations", "off,router", "`off` excludes all other values"),
    ("node_id", "me", "expected a UUID"),
    ("proxy_error_log", "syslog:server=h", "expected a path (relative to the prefix), `off`"),
    ("role", "data_plane", "role: `data_plane` needs cluster_cert and cluster_cert_key"),
    ("database", "cassandra", "expected one of `sqlite`, `postgres`, `off`"),
    ("proxy_server", "ftp://user:secret@h", "proxy_server: its value is not allowed"),
    ("error_template_json", "/no/such.json", "error_template_json: cannot read `/no/such.json`"),
    ("pg_password", "{vault://env/nothing}", "expected the environment variable NOTHING to be set"),
]


def load(**overrides):
    return Settings.load(None, {}, {"database": "sqlite"} | overrides)


@pytest.mark.parametrize(("name", "text", "value"), VALUES)
def test_value(name, text, value):
    assert load(**{name: text}).get(name) == value


@pytest.mark.parametrize(("name", "text", "message"), FAULTS)
def test_fault(name, text, message):
    with pytest.raises(SettingsError) as caught:
        load(**{name: text})
    assert str(caught.value).startswith("command line: ")
    assert message in str(caught.value)


def test_later_sources_win(tmp_path):
    conf = tmp_path / "kong.conf"
    conf.write_text("log_level = info\nkic = on\ndatabase = postgres\npg_user = file\npg_host = file\n")
    environ = {
        "KONG_PG_USER": "kong",
        "GOPURA_PG_HOST": "gopura",
        "KONG_PG_HOST": "kong",
        "KONG_LOG_LEVEL": "warn",
    }
    settings = Settings.load(conf, environ, {"log_level": "error"})
    assert (settings.log_level, settings.kic, settings.pg_user, settings.pg_host) == (
        "error",
        True,
        "kong",
        "gopura",
    )
    assert settings.origins["kic"] == f"{conf}:2"
    assert settings.origins["pg_host"] == "environment variable GOPURA_PG_HOST"


def test_all_faults_are_told_at_once_and_where(tmp_path):
    conf = tmp_path / "kong.conf"
    conf.write_text("log_level = loud\n\npg_prot = 1\n")
    with pytest.raises(SettingsError) as caught:
        Settings.load(conf, {"KONG_PG_SSL": "x"}, {})
    lines = str(caught.value).splitlines()
    assert [line.split(": ")[0] for line in lines] == [
        f"{conf}:1",
        f"{conf}:3",
        "environment variable KONG_PG_SSL",
    ]


def test_custom_ciphers_of_which_none_is_served():
    custom = {"ssl_cipher_suite": "custom", "ssl_protocols": "TLSv1.2"}
    Settings.load(None, {}, custom | {"ssl_ciphers": "ECDHE+AESGCM:DHE-RSA-AES128-SHA"})
    with pytest.raises(SettingsError, match=r"ssl_ciphers: .*leave no cipher that is served"):
        Settings.load(None, {}, custom | {"ssl_ciphers": "DHE-RSA-AES128-SHA"})


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(SettingsError, match=r"cannot read .*No such file"):
        Settings.load(tmp_path / "no.conf", {}, {})


def test_addresses_that_kubernetes_injects_are_no_settings():
    names = ("KONG_SERVICE_HOST", "KONG_PORT", "KONG_PORT_8001_TCP_ADDR", "GOPURA_ADMIN_SERVICE_PORT_HTTP")
    Settings.load(None, dict.fromkeys(names, "tcp://10.0.0.1:80"), {})


def test_references_are_resolved_but_shown_as_they_stand():
    settings = Settings.load(
        None, {"KONG_DATABASE": "postgres", "KONG_PG_USER": "{vault://env/db-user}", "DB_USER": "me"}, {}
    )
    assert settings.pg_user == "me"
    assert settings.public()["pg_user"] == "{vault://env/db-user}"


def test_an_older_name_sets_the_newer_one():
    settings = load(nginx_worker_processes="3", opentelemetry_tracing="all")
    assert (settings.nginx_main_worker_processes, settings.tracing_instrumentations) == ("3", ["all"])


def test_a_directive_of_the_proxy_goes_before_the_shared_one():
    settings = load(nginx_proxy_client_max_body_size="1m", nginx_http_client_max_body_size="2m")
    assert settings.nginx_http_client_max_body_size == "1m"


def test_keys_without_meaning_are_accepted_with_a_notice():
    settings = load(lua_socket_pool_size="10", nginx_http_lua_shared_dict="x 1m")
    assert [notice.split(": ")[1] for notice in settings.notices] == [
        "lua_socket_pool_size has no effect",
        "nginx_http_lua_shared_dict has no effect",
    ]
    assert load(nginx_http_lua_shared_dict="NONE", nginx_http_ssl_protocols="NONE").notices == []


def test_an_older_name_of_what_has_no_effect_says_so_too():
    """Every name with a newer one that does nothing, and a value that is not the default."""
    older = {name: s for name, s in SETTINGS.items() if s.alias and SETTINGS[s.alias].inert}
    values = {"privileged_worker": "off", "router_consistency": "strict"}
    assert set(older) == set(values)
    for name in older:
        (notice,) = load(**{name: values[name]}).notices
        assert f"{name} has no effect" in notice


def test_no_secret_is_public():
    secrets = {
        name: "hush"
        for name, s in SETTINGS.items()
        if s.secret and "cert" not in name and name != "proxy_server"
    }
    assert "hush" not in json.dumps(load(**secrets).public())


def test_every_key_of_kong_is_known():
    keys = Path(__file__).with_name("kong_keys.txt").read_text().split()
    assert [key for key in keys if key not in SETTINGS] == []


def test_defaults_parse_and_every_setting_is_described():
    for setting in SETTINGS.values():
        assert setting.help.strip(), setting.name
        assert setting.kind.describe(), setting.name
        assert re.fullmatch(r"[a-z0-9_]+", setting.name)
    assert json.loads(json.dumps(Settings.from_json(load().to_json()).public())) == load().public()
