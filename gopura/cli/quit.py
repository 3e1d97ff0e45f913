"""`gopura quit`."""

from __future__ import annotations

import signal

import click

from gopura.cli._options import control_options
from gopura.cli._running import Running
from gopura.cli.stop import stop
from gopura.settings import Settings


@click.command("quit")
@click.option(
    "-t", "--timeout", type=float, default=10.0, show_default=True, help="Seconds to wait, then stop at once."
)
@click.option("-w", "--wait", type=float, default=0.0, help="Seconds to wait before beginning.")
@control_options
def command(settings: Settings, timeout: float, wait: float) -> None:
    """Stop the gateway once it has answered what it accepted."""
    running = Running(settings)
    if wait and running.wait(wait):
        return
    running.signal(signal.SIGQUIT)
    if not running.wait(timeout):
        click.echo(f"not everything has ended within {timeout:g} seconds: stopping at once", err=True)
        stop(settings)
    click.echo("gopura stopped")
