import json
from collections.abc import Iterator
from typing import Annotated, Any

import pytest

from gopura.dataplane.event_loop import PluginLoop
from gopura.dataplane.plugins import Change, PluginHost
from gopura.dataplane.secrets import Secrets
from gopura.plugin import Exchange, Plugin, config
from gopura.plugin.discovery import Found
from gopura.plugin.node import Node
from gopura.schema import LenMin, Record, Referenceable

VAULT = {"id": "v1", "name": "env", "prefix": "mine", "config": {"prefix": "MY_"}}


class Settings(Record):
    """Settings with a secret."""

    secret: Annotated[str | None, Referenceable()] = None
    """A secret."""


def encoded(*vaults: dict[str, Any]) -> list[bytes]:
    return [json.dumps(vault).encode() for vault in vaults]


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", "k")
    monkeypatch.setenv("KEY", "other")


def secret(secrets: Secrets, reference: str = "{vault://mine/key}") -> Any:
    return secrets.resolved(Settings.shape(), {"secret": reference})["secret"]


def test_vaults_come_and_go() -> None:
    secrets = Secrets()
    assert secret(secrets) == "{vault://mine/key}"
    assert secrets.heard(encoded(VAULT))
    assert secret(secrets) == "k"
    assert not secrets.heard(encoded(VAULT))
    assert not secrets.heard(None)
    assert secrets.heard(encoded({**VAULT, "config": {"prefix": None}}))
    assert secret(secrets) == "other"
    assert secrets.heard([])
    assert secret(secrets) == "{vault://mine/key}"


def test_the_setting_says_what_names_begin_with() -> None:
    assert secret(Secrets("MY_"), "{vault://env/key}") == "k"


CERTIFICATES: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
    ({"cert": "{vault://env/key}", "key": "plain"}, [("other", "plain")]),
    ({"cert": "{vault://env/key}", "key": "{vault://mine/key}"}, [("other", "k")]),
    ({"cert": "c", "key": "{vault://env/absent}"}, []),
    (
        {"cert": "c", "key": "k", "cert_alt": "{vault://env/key}", "key_alt": "a"},
        [("c", "k"), ("other", "a")],
    ),
    ({"cert": "c", "key": "k", "cert_alt": None, "key_alt": None}, [("c", "k")]),
]


@pytest.mark.parametrize(("fields", "pairs"), CERTIFICATES)
def test_certificates(fields: dict[str, Any], pairs: list[tuple[str, str]]) -> None:
    secrets = Secrets()
    secrets.heard(encoded(VAULT))
    assert secrets.certificates(encoded({"id": "c1", **fields})) == {"c1": pairs}


def test_which_entities_have_references() -> None:
    assert Secrets.concern(b'{"config": {"secret": "{vault://env/a}"}}')
    assert not Secrets.concern(b'{"config": {"secret": "a"}}')


class Keeper(Plugin, name="keeper", priority=1):
    """Keeps a secret."""

    class Config(config.Record):
        """The secret."""

        secret: Annotated[str, LenMin(1), Referenceable(), config.NotOneOf("forbidden")]
        """It."""

    def access(self, exchange: Exchange, config: Config) -> None:
        """Do something."""


@pytest.fixture
def host() -> Iterator[PluginHost]:
    loop = PluginLoop()
    node = Node("node", lambda *_: None, loop)
    yield PluginHost(Found({"keeper": Keeper}), node, loop)
    loop.close()


def change(secret: str, key: str = "p1") -> Change:
    entity = {"id": key, "name": "keeper", "config": {"secret": secret}}
    return key, "keeper", b"", json.dumps(entity).encode()


def test_configurations_get_the_secret_and_follow_the_vault(host: PluginHost) -> None:
    host.secrets.heard(encoded(VAULT))
    assert host.bind([change("{vault://mine/key}"), change("plain", "p2")], [])["p1"].config.secret == "k"
    host.committed()
    host.secrets.heard(encoded({**VAULT, "config": {}}))
    assert [key for key, *_ in host.refreshed()] == ["p1"]
    assert host.bind(host.refreshed(), [])["p1"].config.secret == "other"
    host.committed()
    assert not host.bind(host.refreshed(), ["p1"])


def test_a_secret_that_does_not_fit_leaves_the_reference(
    host: PluginHost, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("KEY", "forbidden")
    assert host.bind([change("{vault://env/key}")], [])["p1"].config.secret == "{vault://env/key}"
    assert "a secret of keeper cannot be used: secret" in caplog.text
    assert "forbidden" not in caplog.text
