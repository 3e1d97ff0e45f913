"""`gopura migrations` and the tables of plugins."""

import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner

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


def test_up_makes_the_tables_of_plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tickets.py").write_text(TICKETS)
    monkeypatch.setenv("GOPURA_PREFIX", str(tmp_path / "prefix"))
    monkeypatch.setenv("GOPURA_PLUGINS_PATH", str(tmp_path))
    result = CliRunner().invoke(main, ["migrations", "up"])
    assert (result.exit_code, result.output) == (0, "database is up to date\n")
    with sqlite3.connect(tmp_path / "prefix" / "gopura.sqlite") as database:
        [row] = database.execute("SELECT count(*) FROM tickets").fetchall()
    database.close()
    assert row == (0,)
