"""`gopura version`."""

from __future__ import annotations

import importlib.metadata
import platform

import click

from gopura.release import VERSION

_PARTS = ("cryptography", "pydantic", "sqlalchemy", "starlette", "uvicorn", "uvloop", "websockets")


@click.command("version")
@click.option("-a", "--all", "everything", is_flag=True, help="Also the versions of what gopura is built on.")
def command(everything: bool) -> None:
    """Print gopura's version."""
    click.echo(VERSION)
    if everything:
        click.echo("compatible with Kong Gateway 3.5")
        click.echo(f"python {platform.python_version()}")
        for part in _PARTS:
            click.echo(f"{part} {importlib.metadata.version(part)}")
