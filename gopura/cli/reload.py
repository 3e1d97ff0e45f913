"""`gopura reload`."""

from __future__ import annotations

import click

from gopura.cli._options import Failure, node_options
from gopura.cli._running import Running
from gopura.settings import Settings


@click.command("reload")
@node_options
def command(settings: Settings) -> None:
    """Take up changed settings and code; no request is refused or cut off."""
    seconds = 3 * settings.start_timeout + settings.drain_timeout
    answer = Running(settings).ask("reload", seconds, settings=settings.to_json())
    if answer["error"]:
        raise Failure(f"nothing was changed: {answer['error']}")
    click.echo("gopura reloaded")
