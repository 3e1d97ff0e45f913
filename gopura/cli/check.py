"""`gopura check`."""

from __future__ import annotations

from pathlib import Path

import click

from gopura.cli._options import load, speak
from gopura.settings import SECTIONS


@click.command("check")
@click.argument("conf", required=False, type=click.Path(path_type=Path))
@click.option(
    "-c", "--conf", "option", metavar="FILE", type=click.Path(path_type=Path), help="Configuration file."
)
@click.option("--list", "listing", is_flag=True, help="Print all settings with their defaults, as a file.")
@click.option("-v", "verbose", is_flag=True, help="Say what is done.")
def command(conf: Path | None, option: Path | None, listing: bool, verbose: bool) -> None:
    """Check a configuration file together with the environment."""
    speak(verbose, False)
    if listing:
        _list()
        return
    settings = load(conf or option, {})
    where = f"at {settings.conf}" if settings.conf else "of the environment (there is no file)"
    click.echo(f"configuration {where} is valid")


def _list() -> None:
    for section in SECTIONS:
        click.echo(f"\n# {section.title}\n")
        for setting in section.settings:
            click.echo(f"#{setting.name} = {setting.default}")
