"""What would be in the way of a start, or left out of it, as far as settings and files tell.

Each of these is asked here as the start itself asks it. What depends on the moment is not: a port that is taken, a
database that does not answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from gopura.settings import Settings
from gopura.supervisor.key_files import check_key_files
from gopura.supervisor.sockets import address_faults
from gopura.supervisor.user import UserError, choose


def notices(settings: Settings) -> Iterator[str]:
    """What a user should know when these settings begin to count."""
    yield from settings.notices
    try:
        if notice := choose(settings).notice:
            yield notice
    except UserError:
        pass  # a fault


def role_faults(settings: Settings) -> Iterator[str]:
    """Roles that are known but not played yet."""
    if settings.role != "traditional":
        yield f"role = {settings.role}: this release runs both planes on one machine, role = traditional"


def faults(settings: Settings) -> Iterator[str]:
    """Everything that is wrong."""
    yield from role_faults(settings)
    try:
        choose(settings)
    except UserError as error:
        yield str(error)
    yield from check_key_files(settings)
    yield from address_faults(settings)
    yield from _parts(settings)


def _parts(settings: Settings) -> Iterator[str]:
    """Plugins, vaults and the declarative file, which a process loads."""
    from gopura import entities, vaults  # loading these takes longer than all of the rest

    yield from map(str, entities.follow(settings))
    yield from vaults.missing(settings.vaults)
    if settings.database == "off":
        yield from asyncio.run(_declarative(settings))


async def _declarative(settings: Settings) -> list[str]:
    from gopura import declarative
    from gopura.store import Store
    from gopura.store.location import memory

    async with Store.at(memory()) as store:
        try:
            await declarative.at_start(store, settings)
        except declarative.InvalidConfiguration as error:
            return error.lines()
        except OSError as error:
            return [f"declarative_config: cannot read {settings.declarative_config}: {error.strerror}"]
    return []
