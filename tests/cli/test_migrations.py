"""`gopura migrations` and the tables of plugins."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gopura.cli import main

TICKETS = """
from gopura.plugin import Plugin, config

class Ticket(config.Entity, name="tickets"):
    id: config.Uuid
    number: int

class Tickets(Plugin, name="tickets"):
    entities = (Ticket,)

    def access(self, exchange, config):
        pass
"""


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["migrations", *words])


@pytest.fixture(params=["sqlite", "postgres"])
def folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of plugins of a node whose database has the tables of the product."""
    settings = {"prefix": str(tmp_path / "prefix"), "plugins_path": str(tmp_path)}
    if request.param == "postgres":
        settings |= request.getfixturevalue("postgres_database").settings
    for name, value in settings.items():
        monkeypatch.setenv(f"GOPURA_{name.upper()}", value)
    run("bootstrap")
    return tmp_path


def test_tables_of_plugins_are_migrations(folder: Path) -> None:
    assert (run("status").exit_code, run("up").output) == (0, "no migration is missing\n")
    for text in (TICKETS, TICKETS.replace("number: int", "number: int\n    colour: str = 'red'")):
        (folder / "tickets.py").write_text(text)
        assert run("status").exit_code == 5
        assert "missing  tickets table of an entity" in run("list").output
        assert (run("up").exit_code, run("up").output) == (0, "no migration is missing\n")
        assert run("status").exit_code == 0
        assert "executed tickets table of an entity" in run("list").output
    (folder / "tickets.py").write_text(TICKETS.replace("tickets", "others"))
    assert run("up").output == "database is up to date\n"


def test_plugins_that_are_left_out_are_told(folder: Path) -> None:
    (folder / "broken.py").write_text("import nothing_of_this_name")
    (folder / "tickets.py").write_text(TICKETS)
    told = (
        f"Error: without the tables of a plugin that is left out: {folder}/broken.py:1: ModuleNotFoundError"
    )
    for command, code in (("status", 5), ("up", 1), ("status", 0)):
        done = run(command)
        assert (done.exit_code, told in done.output) == (code, True)
