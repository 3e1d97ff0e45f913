"""`gopura vault`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gopura.cli._database import database, work_on
from gopura.cli._options import Failure, node_options
from gopura.settings import Settings

if TYPE_CHECKING:
    from gopura.store import Store


@click.group("vault")
def command() -> None:
    """Look secrets up, as plugins and settings do."""


@command.command("get")
@click.argument("reference")
@node_options
def get(reference: str, settings: Settings) -> None:
    """Print the secret behind REFERENCE. That is env/my-secret, or {vault://env/my-secret}."""
    from gopura.schema import is_reference
    from gopura.vaults.reference import Reference
    from gopura.vaults.resolver import Resolver

    text = reference if is_reference(reference) else f"{{vault://{reference}}}"
    try:
        rows = _entities(settings, Reference.parse(text).vault)
        click.echo(Resolver(rows, settings.vault_env_prefix).secret(text))
    except (LookupError, ValueError) as error:
        raise Failure(f"could not get value from external vault ({error})") from None


def _entities(settings: Settings, vault: str) -> list[dict[str, Any]]:
    """The vaults that are configured; those that need no configuration are known without them."""
    from gopura import declarative, vaults
    from gopura.store.location import memory

    async def stored(store: Store) -> list[dict[str, Any]]:
        if settings.database == "off":
            await declarative.at_start(store, settings)
        async with store.reading() as reader:
            return await reader.all("vaults")

    if vault in vaults.all():
        return []
    location = memory() if settings.database == "off" else database(settings)
    return work_on(settings, location, stored)
