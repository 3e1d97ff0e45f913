"""`gopura reload`."""

from __future__ import annotations

import os

import click

from gopura.cli._options import Failure, node_options
from gopura.cli._running import Running
from gopura.settings import Settings


@click.command("reload")
@node_options
def command(settings: Settings) -> None:
    """Take up changed settings and code without losing a request.

    The file and the variables that the gateway was started with are read again; those given now go before them.
    """
    seconds = 3 * settings.start_timeout + settings.drain_timeout
    conf = click.get_current_context().params["conf"]
    given = {name: text for name, text in os.environ.items() if name.startswith(("KONG_", "GOPURA_"))}
    answer = Running(settings).ask("reload", seconds, conf=conf and str(conf.absolute()), environ=given)
    if answer["error"]:
        raise Failure(f"nothing was changed: {answer['error']}")
    click.echo("gopura reloaded")
