"""`gopura migrations` and the tables of plugins."""

import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner

from gopura import entities
from gopura.cli import main
from gopura.entities import plugins

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
    known = plugins.enabled()
    (tmp_path / "tickets.py").write_text(TICKETS)
    monkeypatch.setenv("GOPURA_PREFIX", str(tmp_path / "prefix"))
    monkeypatch.setenv("GOPURA_PLUGINS_PATH", str(tmp_path))
    try:
        result = CliRunner().invoke(main, ["migrations", "up"])
    finally:
        entities.use_own_entities(())
        plugins.enable(known)
    assert (result.exit_code, result.output) == (0, "database is up to date\n")
    with sqlite3.connect(tmp_path / "prefix" / "gopura.sqlite") as database:
        [row] = database.execute("SELECT count(*) FROM tickets").fetchall()
    database.close()
    assert row == (0,)
