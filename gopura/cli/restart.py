"""`gopura restart`."""

from __future__ import annotations

import signal

import click

from gopura.cli._running import Running
from gopura.cli.start import start, start_options
from gopura.cli.stop import stop
from gopura.settings import Settings
from gopura.supervisor.prefix import Prefix


@click.command("restart")
@click.option(
    "-t", "--timeout", type=float, default=10.0, show_default=True, help="Seconds for requests in flight."
)
@start_options
def command(settings: Settings, timeout: float) -> None:
    """Stop the gateway if it runs, and start it in the background.

    Meanwhile requests are refused; `reload` refuses none.
    """
    if Prefix(settings).running() is not None:
        running = Running(settings)
        running.signal(signal.SIGQUIT)
        if not running.wait(timeout):
            stop(settings)
    start(settings, daemon=True)
