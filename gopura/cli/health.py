"""`gopura health`."""

from __future__ import annotations

import sys

import click

from gopura.cli._options import control_options
from gopura.cli._running import Running
from gopura.settings import Settings

_SECONDS = 10.0


@click.command("health")
@control_options
def command(settings: Settings) -> None:
    """Say whether the gateway's processes run. The exit code is 1 when one does not."""
    status = Running(settings).ask("status", _SECONDS)
    for name, process in status["processes"].items():
        state = "ready" if process["ready"] else "not ready"
        click.echo(f"{name:<8} {state:<10} process {process['pid']}")
    healthy = all(process["ready"] for process in status["processes"].values())
    click.echo(f"gopura is {'healthy' if healthy else 'not healthy'} at {status['prefix']}")
    sys.exit(0 if healthy else 1)
