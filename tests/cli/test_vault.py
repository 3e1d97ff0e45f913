"""`gopura vault get`."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gopura.cli import main

CONFIGURED = """
_format_version: "3.0"
vaults:
- {name: env, prefix: mine, config: {prefix: MY_}}
"""
ENVIRONMENT = {"SECRET_TEXT": "plain", "MY_KEY": "configured", "SECRET_PAIR": '{"name": "bob"}'}


def get(reference: str, folder: Path, **environ: str) -> Result:
    environment = {"GOPURA_PREFIX": str(folder), **ENVIRONMENT, **environ}
    return CliRunner().invoke(main, ["vault", "get", reference], env=environment)


@pytest.fixture(params=["off", "sqlite"])
def configured(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """The settings of a node that has a vault."""
    file = tmp_path / "kong.yml"
    file.write_text(CONFIGURED)
    if request.param == "off":
        return {"GOPURA_DATABASE": "off", "GOPURA_DECLARATIVE_CONFIG": str(file)}
    words = ["config", "db_import", str(file)]
    imported = CliRunner().invoke(main, words, env={"GOPURA_PREFIX": str(tmp_path)})
    assert imported.exit_code == 0, imported.output
    return {}


@pytest.mark.parametrize(
    ("reference", "secret"),
    [
        ("env/secret_text", "plain"),
        ("env/secret-text", "plain"),
        ("{vault://env/secret-text}", "plain"),
        ("env/secret-pair/name", "bob"),
        ("mine/key", "configured"),
    ],
)
def test_secrets(configured: dict[str, str], tmp_path: Path, reference: str, secret: str) -> None:
    found = get(reference, tmp_path, **configured)
    assert (found.exit_code, found.output) == (0, f"{secret}\n")


def test_a_prefix_of_the_settings(tmp_path: Path) -> None:
    assert get("env/text", tmp_path, GOPURA_VAULT_ENV_PREFIX="secret-").output == "plain\n"


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        ("none/key", "there is no vault none"),
        ("env/none", "there is no such secret"),
        ("env", "a reference names a vault and a secret [{vault://env}]"),
        ("env/secret-text/name", "the secret is no JSON object, so it has no name"),
    ],
)
def test_what_there_is_not(tmp_path: Path, reference: str, reason: str) -> None:
    found = get(reference, tmp_path)
    assert (found.exit_code, found.output) == (
        1,
        f"Error: could not get value from external vault ({reason})\n",
    )
