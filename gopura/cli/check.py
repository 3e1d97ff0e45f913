"""`gopura check`."""

from __future__ import annotations

from pathlib import Path

import click

from gopura.cli._options import Failure, load, speak, tell
from gopura.settings import SECTIONS
from gopura.supervisor import preflight


@click.command("check")
@click.argument("conf", required=False, type=click.Path(path_type=Path))
@click.option(
    "-c", "--conf", "option", metavar="FILE", type=click.Path(path_type=Path), help="Configuration file."
)
@click.option("--list", "listing", is_flag=True, help="Print all settings with their defaults, as a file.")
@click.option("--strict", is_flag=True, help="Accept nothing that would be ignored.")
@click.option("-v", "verbose", is_flag=True, help="Say what is done.")
def command(conf: Path | None, option: Path | None, listing: bool, strict: bool, verbose: bool) -> None:
    """Check a configuration file and the environment as a start would."""
    speak(verbose, False)
    if listing:
        _list()
        return
    settings = load(conf or option, {}, strict)
    tell(preflight.notices(settings))
    if faults := list(preflight.faults(settings)):
        raise Failure("\n".join(faults))
    where = f"at {settings.conf}" if settings.conf else "of the environment (there is no file)"
    click.echo(f"configuration {where} is valid")


def _list() -> None:
    for section in SECTIONS:
        click.echo(f"\n# {section.title}\n")
        for setting in section.settings:
            click.echo(f"#{setting.name} = {setting.default}")
