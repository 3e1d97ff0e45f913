"""`gopura config` on files and on databases."""

from collections.abc import Mapping
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from click.testing import CliRunner, Result

from gopura.cli import main

FAULTS = [
    ("{_format_version: '3.0', tags: [{tag: a}]}", ["kong.yml:1:26: tags: unknown field"]),
    ("{", ["kong.yml: failed parsing declarative configuration: 2:1: "]),
    (
        "_format_version: '3.0'\nservices: [{name: a, host: b, port: x}]",
        ["kong.yml:2:31: services[1] (a).port: expected an integer"],
    ),
    (
        "_format_version: '3.0'\nconsumers: [{username: a}, {}]\nplugins: [{name: nope}]",
        ["consumers[2]", "plugins[1] (nope).name: plugin 'nope' not enabled"],
    ),
]

TICKETS = """
from typing import Annotated
from gopura.plugin import Plugin, config

class Ticket(config.Entity, name="tickets", endpoint_key="code"{keywords}):
    id: config.Uuid
    code: Annotated[str, config.Unique()]
    consumer: Annotated[config.ForeignKey | None, config.Foreign("consumers", on_delete="cascade")] = None

class Tickets(Plugin, name="tickets"):
    entities = (Ticket,)
"""
WITH_TICKETS = """
_format_version: "3.0"
consumers:
- username: alice
  tickets: [{code: t-1}]
tickets:
- {code: t-2}
"""


def run(*words: str | Path, environ: Mapping[str, str] | None = None) -> Result:
    return CliRunner().invoke(main, ["config", *map(str, words)], env=environ)


def test_an_example_goes_in_and_comes_out(tmp_path: Path) -> None:
    example, exported, prefix = tmp_path / "kong.yml", tmp_path / "out.yml", tmp_path / "prefix"
    assert run("init", example).exit_code == 0
    assert run("parse", example).output == "parse successful\n"
    assert run("db_import", example, "-p", prefix).stdout == (
        "import successful: 1 consumers, 1 services, 1 routes, 1 keyauth_credentials, 1 plugins\n"
    )
    assert run("db_export", exported, "-p", prefix).exit_code == 0
    assert run("db_import", exported, "-p", prefix).exit_code == 0
    written = yaml.safe_load(exported.read_text())
    assert [row["username"] for row in written["consumers"]] == ["alice"]
    assert [row["key"] for row in written["keyauth_credentials"]] == ["open-sesame"]
    assert exported.stat().st_mode & 0o077 == 0


def test_an_import_leaves_the_rest(tmp_path: Path) -> None:
    first, second, clash, exported = (tmp_path / f"{name}.yml" for name in ("a", "b", "c", "out"))
    first.write_text("_format_version: '3.0'\nconsumers: [{username: a}, {username: b, tags: [x]}]")
    second.write_text("_format_version: '3.0'\nconsumers: [{username: b, tags: [y]}, {username: c}]")
    clash.write_text(
        "_format_version: '3.0'\nconsumers: [{username: d}, {username: a, id: 0a000000-0000-4000-8000-000000000001}]"
    )
    prefix = ("-p", tmp_path / "prefix")
    for file in (first, second, second):
        assert run("db_import", file, *prefix).stdout == "import successful: 2 consumers\n"
    refused = run("db_import", clash, *prefix)
    assert (refused.exit_code, "UNIQUE violation detected on '{username=\"a\"}'" in refused.output) == (
        1,
        True,
    )
    assert run("db_export", exported, *prefix).exit_code == 0
    found = {row["username"]: row["tags"] for row in yaml.safe_load(exported.read_text())["consumers"]}
    assert found == {"a": None, "b": ["y"], "c": None}


@pytest.mark.parametrize(("text", "messages"), FAULTS)
def test_faults_are_named_with_their_places(text: str, messages: list[str], tmp_path: Path) -> None:
    file = tmp_path / "kong.yml"
    file.write_text(text)
    done = run("parse", file)
    assert done.exit_code == 1
    for message in messages:
        assert message in done.output


def test_files_are_not_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "kong.yml"
    file.write_text("mine")
    for command in ("init", "db_export"):
        done = run(command, file, *(["-p", tmp_path / "prefix"] if command == "db_export" else []))
        assert (done.exit_code, file.read_text()) == (1, "mine")


@pytest.fixture(params=["sqlite", "postgres"])
def environ(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """The settings of a node with plugins of its own, for each kind of database."""
    (tmp_path / "plugins").mkdir()
    settings = {"prefix": str(tmp_path / "prefix"), "plugins_path": str(tmp_path / "plugins")}
    if request.param == "postgres":
        settings |= request.getfixturevalue("postgres_database").settings
    return {f"GOPURA_{name.upper()}": value for name, value in settings.items()}


@pytest.mark.parametrize("keywords", ["", ", ttl=True"])
def test_entities_of_plugins_go_in_and_come_out(
    keywords: str, environ: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "plugins" / "tickets.py").write_text(TICKETS.format(keywords=keywords))
    file, *exports = (tmp_path / name for name in ("kong.yml", "first.yml", "second.yml"))
    file.write_text(WITH_TICKETS)
    CliRunner().invoke(main, ["migrations", "up"], env=environ)
    assert run("parse", file, environ=environ).output == "parse successful\n"
    for given, exported in zip([file, exports[0]], exports, strict=True):
        assert (
            run("db_import", given, environ=environ).stdout == "import successful: 1 consumers, 2 tickets\n"
        )
        assert run("db_export", exported, environ=environ).exit_code == 0
    first, second = (yaml.safe_load(exported.read_text()) for exported in exports)
    assert {row["code"]: bool(row["consumer"]) for row in first["tickets"]} == {"t-1": True, "t-2": False}
    assert first == second


@pytest.mark.parametrize(
    ("plugin", "message"),
    [
        (None, "tickets: unknown field"),
        ("import nothing_of_this_name", "tickets.py:1: ModuleNotFoundError"),
    ],
)
@pytest.mark.parametrize("command", ["parse", "db_import"])
def test_entities_of_plugins_that_are_not_there(
    command: str, plugin: str | None, message: str, tmp_path: Path
) -> None:
    if plugin:
        (tmp_path / "tickets.py").write_text(plugin)
    file = tmp_path / "kong.yml"
    file.write_text('{"_format_version": "3.0", "tickets": [{"code": "t-1"}]}')
    done = run(command, file, "-p", tmp_path / "prefix", environ={"GOPURA_PLUGINS_PATH": str(tmp_path)})
    assert done.exit_code == 1
    assert message in done.output


def test_a_long_import_shows_how_far_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look at the clock is half a second later."""
    file = tmp_path / "kong.yml"
    names = ", ".join(f"{{username: u{number}}}" for number in range(20))
    file.write_text(f"_format_version: '3.0'\nconsumers: [{names}]\n")
    clock = count(0, 0.5)
    monkeypatch.setattr("gopura.cli.config.time", SimpleNamespace(monotonic=lambda: next(clock)))
    done = run("db_import", file, "-p", tmp_path / "prefix")
    assert done.stdout == "import successful: 20 consumers\n"
    told = [line for line in done.stderr.splitlines() if line.startswith("checked ")]
    assert told[0] == "checked 3 of 20 entities"
    assert len(told) == 9
    assert "stored 20 of 20 entities" in done.stderr
