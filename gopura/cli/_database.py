"""Work on the database that commands ask for."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

import click

from gopura.cli._options import Failure, node_options
from gopura.settings import Settings
from gopura.supervisor.prefix import Prefix, PrefixError

Command = TypeVar("Command", bound=Callable[..., Any])


def migration_options(command: Command) -> Command:
    """Kong's options of `migrations`; the command gets `run`, which does one piece of work, and `say`."""

    @click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors.")
    @click.option(
        "-f", "--force", is_flag=True, help="Accepted for Kong's scripts; no step is ever repeated."
    )
    @click.option("--db-timeout", type=float, default=60.0, show_default=True, help="Seconds for the work.")
    @click.option("--lock-timeout", type=float, default=60.0, help="As --db-timeout; the longer one counts.")
    @node_options
    @functools.wraps(command)
    def with_run(
        quiet: bool, force: bool, db_timeout: float, lock_timeout: float, settings: Settings, **others: Any
    ) -> Any:
        del force
        say = (lambda _text: None) if quiet else click.echo
        seconds = max(db_timeout, lock_timeout)
        return command(say=say, run=lambda action: migrate(settings, action, seconds), **others)

    return cast(Command, with_run)


def migrate(settings: Settings, action: str, seconds: float) -> Any:
    """Do what a function of `gopura.store.migrate` does; Failure says why it cannot be done."""
    # Loading the store takes longer than all other commands need to run.
    from gopura.store import DatabaseUnavailable

    if settings.database == "off":
        raise Failure("database = off has no tables")
    try:
        if settings.database == "sqlite":
            Prefix(settings).prepare()
        return asyncio.run(asyncio.wait_for(_migrate(settings, action), seconds))
    except TimeoutError:
        raise Failure(f"the database has not answered within {seconds:g} seconds") from None
    except (DatabaseUnavailable, PrefixError) as error:
        raise Failure(str(error)) from None


async def _migrate(settings: Settings, action: str) -> Any:
    from gopura import entities
    from gopura.store import Store, migrate
    from gopura.store.location import from_settings

    location = from_settings(settings)
    done = await getattr(migrate, action)(location)
    if action in ("bootstrap", "up"):
        entities.follow(settings)
        async with Store.at(location):
            pass  # opened, it has made the tables of entities that plugins bring along
    return done
