"""`gopura check` finds what a start would: each of these is valid to the settings alone."""

from pathlib import Path
from typing import Any

import pytest

from gopura.settings import Settings
from gopura.supervisor.preflight import faults
from tests.engine.certificates import authority

KONG_YML = '_format_version: "3.0"\nservices: [{name: a, host: a.test}]\n'


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """Paths by what they have, for the settings to name."""
    one, other = authority(tmp_path, "one.test"), authority(tmp_path, "other.test")
    texts = {
        "good_yml": KONG_YML,
        "bad_yml": KONG_YML.replace("host", "hots"),
        "broken_yml": "services: [",
        "text": "nothing of the kind",
        "folder/broken.py": "import nothing_of_this_name",
        "good/fine.py": "from gopura.plugin import Plugin\nclass Fine(Plugin, name='fine', priority=1): pass\n",
    }
    for name, text in texts.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return {
        "cert": str(one[0]),
        "key": str(one[1]),
        "other_key": str(other[1]),
        **{
            name: str(tmp_path / name)
            for name in ("good_yml", "bad_yml", "broken_yml", "text", "folder", "good")
        },
    }


GOOD: list[dict[str, str]] = [
    {},
    {"ssl_cert": "{cert}", "ssl_cert_key": "{key}"},
    {"ssl_cert": "{cert},{cert}", "ssl_cert_key": "{key},{key}"},
    {"client_ssl": "on", "client_ssl_cert": "{cert}", "client_ssl_cert_key": "{key}"},
    # Not used, and so not read.
    {"client_ssl_cert": "{cert}", "client_ssl_cert_key": "{other_key}"},
    {"status_ssl_cert": "{cert}", "status_ssl_cert_key": "{other_key}"},
    {"lua_ssl_trusted_certificate": "system,{cert}"},
    {"database": "off", "declarative_config": "{good_yml}"},
    {"plugins": "bundled,fine", "plugins_path": "{good}"},
    {"plugins": "off"},
    {"vaults": "bundled,env"},
]
BAD = [
    (
        {"ssl_cert": "{cert}", "ssl_cert_key": "{other_key}"},
        "ssl_cert_key is not the key of the certificate in ssl_cert",
    ),
    ({"ssl_cert": "{key}", "ssl_cert_key": "{key}"}, "ssl_cert has no certificate in PEM form"),
    ({"ssl_cert": "{cert}", "ssl_cert_key": "{cert}"}, "ssl_cert_key has no private key in PEM form"),
    (
        {"ssl_cert": "/no/such", "ssl_cert_key": "{key}"},
        "ssl_cert: cannot read /no/such: No such file or directory",
    ),
    (
        {"admin_listen": "127.0.0.1:0 ssl", "admin_ssl_cert": "{cert}", "admin_ssl_cert_key": "{other_key}"},
        "admin_ssl_cert_key is not the key of the certificate in admin_ssl_cert",
    ),
    (
        {
            "status_listen": "127.0.0.1:0 ssl",
            "status_ssl_cert": "{cert}",
            "status_ssl_cert_key": "{other_key}",
        },
        "status_ssl_cert_key is not the key of the certificate in status_ssl_cert",
    ),
    (
        {"client_ssl": "on", "client_ssl_cert": "{cert}", "client_ssl_cert_key": "{other_key}"},
        "client_ssl_cert_key is not the key of the certificate in client_ssl_cert",
    ),
    ({"client_ssl": "on"}, "client_ssl is on, and client_ssl_cert and client_ssl_cert_key are not set"),
    ({"lua_ssl_trusted_certificate": "system,/no/such"}, "lua_ssl_trusted_certificate: cannot read /no/such"),
    ({"lua_ssl_trusted_certificate": "{text}"}, "lua_ssl_trusted_certificate: {text} has no certificate"),
    (
        {"nginx_proxy_proxy_ssl_trusted_certificate": "/no/such"},
        "nginx_http_proxy_ssl_trusted_certificate: cannot read /no/such",
    ),
    ({"proxy_listen": "10.255.255.1:80"}, "cannot listen on 10.255.255.1:80 (proxy_listen): Cannot assign"),
    ({"plugins": "bundled,missing"}, "plugins: there is no plugin missing"),
    (
        {"role": "data_plane", "cluster_cert": "{cert}", "cluster_cert_key": "{key}"},
        "role = data_plane: this release runs both planes on one machine",
    ),
    ({"plugins_path": "{folder}"}, "{folder}/broken.py:1: ModuleNotFoundError"),
    ({"vaults": "bundled,hcv"}, "vaults: there is no vault hcv"),
    (
        {"database": "off", "declarative_config": "/no/such"},
        "declarative_config: cannot read /no/such: No such file",
    ),
    ({"database": "off", "declarative_config": "{bad_yml}"}, "hots: unknown field"),
    ({"database": "off", "declarative_config": "{broken_yml}"}, "failed parsing declarative configuration"),
    ({"database": "off", "declarative_config_string": "nonsense: 1"}, "nonsense: unknown field"),
]


def load(given: dict[str, str], files: dict[str, str], tmp_path: Path) -> Settings:
    own: dict[str, Any] = {"prefix": str(tmp_path / "prefix"), "nginx_user": "root"}
    return Settings.load(None, {}, own | {name: text.format(**files) for name, text in given.items()})


@pytest.mark.parametrize("given", GOOD)
def test_nothing_is_in_the_way(given: dict[str, str], files: dict[str, str], tmp_path: Path) -> None:
    assert list(faults(load(given, files, tmp_path))) == []


@pytest.mark.parametrize(("given", "message"), BAD)
def test_what_is_in_the_way(
    given: dict[str, str], message: str, files: dict[str, str], tmp_path: Path
) -> None:
    found = "\n".join(faults(load(given, files, tmp_path)))
    assert message.format(**files) in found
    assert not (tmp_path / "prefix").exists()
