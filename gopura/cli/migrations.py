"""`gopura migrations`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import click

from gopura.cli._database import migration_options

Say = Callable[[str], None]
Run = Callable[[str], Any]

# Exit codes of `list` and `status`, as Kong's.
_NEEDS_BOOTSTRAP, _NEEDS_UP = 3, 5
_STATES = {
    0: "no migration is missing",
    _NEEDS_BOOTSTRAP: "the database needs `gopura migrations bootstrap`",
    _NEEDS_UP: "the database needs `gopura migrations up`",
}


@click.group("migrations")
def command() -> None:
    """Make and change the tables of the database. SQLite needs none of this: it is done at the start."""


@command.command("bootstrap")
@migration_options
def bootstrap(run: Run, say: Say) -> None:
    """Make the tables in an empty database."""
    say("database is bootstrapped" if run("bootstrap") else "database is bootstrapped already")


@command.command("up")
@migration_options
def up(run: Run, say: Say) -> None:
    """Run what is missing. Nodes of the release before keep working."""
    say("database is up to date" if run("up") else "no migration is missing")


@command.command("finish")
@migration_options
def finish(run: Run, say: Say) -> None:
    """Remove what only nodes of the release before needed."""
    say("migrations are finished" if run("finish") else "nothing is left to finish")


@command.command("list")
@migration_options
def list_(run: Run, say: Say) -> None:
    """List all migrations, and which were run."""
    steps = run("status")
    for step in steps:
        say(f"{'executed' if step.executed else 'missing':<9}{step.revision} {step.title}")
    sys.exit(_code(steps))


@command.command("status")
@migration_options
def status(run: Run, say: Say) -> None:
    """Say whether migrations are missing. The exit code is 0: none, 3: all, 5: some."""
    code = _code(run("status"))
    say(_STATES[code])
    sys.exit(code)


@command.command("reset")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@migration_options
def reset(run: Run, say: Say, yes: bool) -> None:
    """Delete all tables and everything in them."""
    if not yes:
        click.confirm("Delete everything in the database?", abort=True)
    run("reset")
    say("database is empty")


def _code(steps: list[Any]) -> int:
    if all(step.executed for step in steps):
        return 0
    return _NEEDS_UP if any(step.executed for step in steps) else _NEEDS_BOOTSTRAP
