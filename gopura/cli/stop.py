"""`gopura stop`."""

from __future__ import annotations

import signal

import click

from gopura.cli._options import Failure, control_options
from gopura.cli._running import Running
from gopura.settings import Settings

_SECONDS = 30.0


@click.command("stop")
@control_options
def command(settings: Settings) -> None:
    """Stop the gateway at once; requests in flight are cut off."""
    stop(settings)
    click.echo("gopura stopped")


def stop(settings: Settings) -> None:
    """Stop the gateway of a prefix and wait for its end."""
    running = Running(settings)
    running.signal(signal.SIGTERM)
    if not running.wait(_SECONDS):
        raise Failure(f"process {running.pid} has not ended within {_SECONDS:g} seconds")
