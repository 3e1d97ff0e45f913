from typing import Annotated

import pytest

from gopura.schema import Record, Referenceable
from gopura.vaults.resolver import Resolver

Secret = Annotated[str, Referenceable()]


class Inner(Record):
    """A record."""

    secret: Secret | None = None
    """A secret."""


class Settings(Record):
    """Settings with secrets everywhere."""

    secret: Secret | None = None
    """One."""
    plain: str | None = None
    """No secret."""
    many: list[Secret] | None = None
    """Several."""
    by_name: dict[str, Secret] | None = None
    """By name."""
    inner: Inner
    """Inside."""


ROWS = [{"name": "env", "prefix": "my-env", "config": {"prefix": "MY_"}}]


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB_PASSWORD", "s3cret")
    monkeypatch.setenv("DB_PASSWORD_PREVIOUS", "old")
    monkeypatch.setenv("MY_KEY", "mine")
    monkeypatch.setenv("PAIR", '{"user": "u", "number": 1}')


SECRETS = [
    ("{vault://env/db-password}", "s3cret"),
    ("{vault://env/db-password#2}", "old"),
    ("{vault://my-env/key}", "mine"),
    ("{vault://env/key?prefix=MY_}", "mine"),
    ("{vault://env/pair/user}", "u"),
]


@pytest.mark.parametrize(("reference", "secret"), SECRETS)
def test_secret(reference: str, secret: str) -> None:
    assert Resolver(ROWS).secret(reference) == secret


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        ("{vault://env/nothing}", "no such secret"),
        ("{vault://nowhere/a}", "no vault nowhere"),
        ("{vault://env/pair/password}", "no text password"),
        ("{vault://env/pair/number}", "no text number"),
        ("{vault://env/db-password/key}", "no JSON object"),
    ],
)
def test_no_secret(reference: str, reason: str) -> None:
    with pytest.raises(LookupError, match=reason):
        Resolver(ROWS).secret(reference)


def test_defaults_of_a_vault() -> None:
    assert Resolver(env_prefix="MY_").secret("{vault://env/key}") == "mine"


def test_resolved_everywhere() -> None:
    reference = "{vault://env/db-password}"
    value = {
        "secret": reference,
        "plain": reference,
        "many": [reference, "x"],
        "by_name": {"a": reference},
        "inner": {"secret": reference},
    }
    assert Resolver().resolved(Settings.shape(), value) == {
        "secret": "s3cret",
        "plain": reference,
        "many": ["s3cret", "x"],
        "by_name": {"a": "s3cret"},
        "inner": {"secret": "s3cret"},
    }
    assert value["secret"] == reference


def test_what_cannot_be_had_stays_a_reference(caplog: pytest.LogCaptureFixture) -> None:
    given = {"secret": "{vault://env/nothing}"}
    assert Resolver().resolved(Settings.shape(), given) == given
    assert "{vault://env/nothing} cannot be resolved: there is no such secret" in caplog.text
