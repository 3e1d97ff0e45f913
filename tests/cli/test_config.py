"""`gopura config` on files and on the embedded database."""

from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from gopura.cli import main

FAULTS = [
    ("{", ["error: failed parsing declarative configuration"]),
    (
        "_format_version: '3.0'\nservices: [{name: a, host: b, port: x}]",
        ["services[1].port: expected an integer"],
    ),
    (
        "_format_version: '3.0'\nconsumers: [{username: a}, {}]\nplugins: [{name: nope}]",
        ["consumers[2]", "plugins[1].name: plugin 'nope' not enabled"],
    ),
]


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(main, ["config", *map(str, words)])


def test_an_example_goes_in_and_comes_out(tmp_path: Path) -> None:
    example, exported, prefix = tmp_path / "kong.yml", tmp_path / "out.yml", tmp_path / "prefix"
    assert run("init", example).exit_code == 0
    assert run("parse", example).output == "parse successful\n"
    assert run("db_import", example, "-p", prefix).output == "import successful\n"
    assert run("db_export", exported, "-p", prefix).exit_code == 0
    assert run("db_import", exported, "-p", prefix).exit_code == 0
    written = yaml.safe_load(exported.read_text())
    assert [row["username"] for row in written["consumers"]] == ["alice"]
    assert [row["key"] for row in written["keyauth_credentials"]] == ["open-sesame"]
    assert exported.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(("text", "messages"), FAULTS)
def test_faults_are_named_with_their_places(text: str, messages: list[str], tmp_path: Path) -> None:
    file = tmp_path / "kong.yml"
    file.write_text(text)
    done = run("parse", file)
    assert done.exit_code == 1
    for message in messages:
        assert f"Error: {message}" in done.output


def test_files_are_not_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "kong.yml"
    file.write_text("mine")
    for command in ("init", "db_export"):
        done = run(command, file, *(["-p", tmp_path / "prefix"] if command == "db_export" else []))
        assert (done.exit_code, file.read_text()) == (1, "mine")
