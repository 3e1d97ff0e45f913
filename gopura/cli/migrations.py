"""`gopura migrations`."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import click

from gopura.cli._options import Failure, node_options
from gopura.settings import Settings
from gopura.supervisor.prefix import Prefix, PrefixError

# Exit codes of `list` and `status`, as Kong's.
_NEEDS_BOOTSTRAP, _NEEDS_UP = 3, 5


@click.group("migrations")
def command() -> None:
    """Make and change the tables of the database. SQLite needs none of this: it is done at the start."""


@command.command("bootstrap")
@node_options
def bootstrap(settings: Settings) -> None:
    """Make the tables in an empty database."""
    done = _run(settings, "bootstrap")
    click.echo("database is bootstrapped" if done else "database is bootstrapped already")


@command.command("up")
@node_options
def up(settings: Settings) -> None:
    """Run the migrations that are missing; nodes of the release before keep working."""
    click.echo("database is up to date" if _run(settings, "up") else "no migration is missing")


@command.command("finish")
@node_options
def finish(settings: Settings) -> None:
    """Remove what only nodes of the release before needed."""
    click.echo("migrations are finished" if _run(settings, "finish") else "nothing is left to finish")


@command.command("list")
@node_options
def list_(settings: Settings) -> None:
    """List all migrations, and which were run."""
    steps = _run(settings, "status")
    for step in steps:
        click.echo(f"{'executed' if step.executed else 'missing ':<9} {step.revision} {step.title}")
    sys.exit(_code(steps))


@command.command("status")
@node_options
def status(settings: Settings) -> None:
    """Say whether migrations are missing; exit code 0: none, 3: all, 5: some."""
    steps = _run(settings, "status")
    texts = {
        0: "no migration is missing",
        _NEEDS_BOOTSTRAP: "the database needs `gopura migrations bootstrap`",
    }
    code = _code(steps)
    click.echo(texts.get(code, "the database needs `gopura migrations up`"))
    sys.exit(code)


@command.command("reset")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@node_options
def reset(settings: Settings, yes: bool) -> None:
    """Delete all tables and everything in them."""
    if not yes:
        place = settings.pg_database if settings.database == "postgres" else settings.prefix
        click.confirm(f"Delete everything in the database {place}?", abort=True)
    _run(settings, "reset")
    click.echo("database is empty")


def _run(settings: Settings, action: str) -> Any:
    # Loading the store takes longer than all other commands need to run.
    from gopura.store import DatabaseUnavailable, migrate
    from gopura.store.location import from_settings

    if settings.database == "off":
        raise Failure("database = off has no tables")
    try:
        if settings.database == "sqlite":
            Prefix(settings).prepare()
        return asyncio.run(getattr(migrate, action)(from_settings(settings)))
    except (DatabaseUnavailable, PrefixError) as error:
        raise Failure(str(error)) from None


def _code(steps: list[Any]) -> int:
    if all(step.executed for step in steps):
        return 0
    return _NEEDS_UP if any(step.executed for step in steps) else _NEEDS_BOOTSTRAP
