"""Work on the database that commands ask for."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from gopura.cli._options import Failure, node_options
from gopura.settings import Settings
from gopura.supervisor.database_file import LostDatabaseError, refuse_cut
from gopura.supervisor.prefix import Prefix, PrefixError

if TYPE_CHECKING:
    from gopura.store import Store
    from gopura.store.location import Location

Command = TypeVar("Command", bound=Callable[..., Any])
Result = TypeVar("Result")
_MAKING = ("bootstrap", "up")


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


def migrate(settings: Settings, action: str, seconds: float, *, lenient: bool = False) -> Any:
    """Do what a function of `gopura.store.migrate` does; Failure says why it cannot be done.

    The tables of plugins' entities belong to it. What plugins are left out is told, and once all else is done it is a
    Failure where tables were to be made, unless `lenient`.
    """
    # Loading the store takes longer than all other commands need to run.
    from gopura import entities
    from gopura.store import DatabaseUnavailable

    if settings.database == "off":
        raise Failure("database = off has no tables")
    broken = entities.follow(settings)
    left_out = Failure("\n".join(f"without the tables of a plugin that is left out: {one}" for one in broken))
    try:
        done = asyncio.run(asyncio.wait_for(_migrate(database(settings), action), seconds))
    except TimeoutError:
        raise Failure(f"the database has not answered within {seconds:g} seconds") from None
    except DatabaseUnavailable as error:
        raise Failure(str(error)) from None
    if broken and action in _MAKING and not lenient:
        raise left_out
    if broken and action != "reset":
        left_out.show()
    return done


async def _migrate(location: Location, action: str) -> Any:
    from gopura.store import added, migrate
    from gopura.store.tables import described

    done = await getattr(migrate, action)(location)
    if action in _MAKING:
        return await added.up(location, described()) or done
    if action == "status":
        return done + await added.status(location, described())
    return done


def database(settings: Settings) -> Location:
    """Where the node's database is, ready for use; a Failure when it has none."""
    from gopura.store.location import from_settings

    if settings.database == "off":
        raise Failure("database = off has no database; name the file in declarative_config")
    if settings.database == "sqlite":
        try:
            Prefix(settings).prepare_database()
            refuse_cut(settings)
        except (PrefixError, LostDatabaseError) as error:
            raise Failure(str(error)) from None
    return from_settings(settings)


def work_on(settings: Settings, location: Location, work: Callable[[Store], Awaitable[Result]]) -> Result:
    """Do one piece of work on a store, which knows the plugins' entities; a Failure says why it cannot be done."""
    from gopura.declarative import InvalidConfiguration
    from gopura.store import DatabaseUnavailable, NotBootstrapped, Store
    from gopura.store.errors import EntityError

    async def opened() -> Result:
        async with Store.at(location) as store:
            return await work(store)

    _describe(settings)
    try:
        return asyncio.run(opened())
    except InvalidConfiguration as error:
        raise Failure("\n".join(error.lines())) from None
    except (DatabaseUnavailable, EntityError, NotBootstrapped, OSError) as error:
        raise Failure(str(error)) from None


def _describe(settings: Settings) -> None:
    """Know the plugins and their entities; without one of them its entities would be left out."""
    from gopura import entities

    if broken := entities.follow(settings):
        raise Failure("\n".join(f"this plugin cannot be loaded: {plugin}" for plugin in broken))
