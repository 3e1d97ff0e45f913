"""`gopura start`."""

from __future__ import annotations

import asyncio
import functools
import logging
import os
import subprocess
import sys
from typing import Any, cast

import click

from gopura import logs
from gopura.cli._database import migrate
from gopura.cli._options import Command, Failure, node_options, tell
from gopura.release import VERSION
from gopura.settings import Settings
from gopura.supervisor import preflight
from gopura.supervisor.banner import banner
from gopura.supervisor.node import Node, StartError
from gopura.supervisor.prefix import Prefix, PrefixError
from gopura.supervisor.run import Supervisor

log = logging.getLogger(__name__)
# Set for the process that `--daemon` leaves behind: the descriptor on which it tells how the start went.
_TOLD = "GOPURA_PROCESS_START"


def start_options(command: Command) -> Command:
    """Kong's options of `start` and `restart`; migrations run before the command."""

    @click.option("--run-migrations", is_flag=True, help="Make or change the tables of the database before.")
    @click.option("--db-timeout", type=float, default=60.0, show_default=True, help="Seconds for that.")
    @click.option("--lock-timeout", type=float, default=60.0, help="As --db-timeout; the longer one counts.")
    @click.option("--nginx-conf", "template", hidden=True)
    @click.option("--nginx-conf-flags", "flags", hidden=True)
    @node_options
    @functools.wraps(command)
    def with_migrations(
        settings: Settings,
        run_migrations: bool,
        db_timeout: float,
        lock_timeout: float,
        template: str | None,
        flags: str | None,
        **others: Any,
    ) -> Any:
        if template or flags:
            raise Failure("there is no nginx here, and so no template of its file; see the nginx_* settings")
        if run_migrations and _TOLD not in os.environ:
            migrate(settings, "up", max(db_timeout, lock_timeout), lenient=True)
        return command(settings=settings, **others)

    return cast(Command, with_migrations)


@click.command("start")
@click.option("--daemon", is_flag=True, help="Return once everything runs, and leave it running.")
@click.option("--dev", is_flag=True, help="Take up each change of a plugin in `plugins_path` at once.")
@start_options
def command(settings: Settings, daemon: bool, dev: bool) -> None:
    """Start the gateway, here or (with --daemon) in the background."""
    if dev and (daemon or not settings.plugins_path):
        raise Failure(
            "--dev follows the folders of plugins_path, and needs this terminal to tell what is wrong"
        )
    start(settings, daemon, dev)


def start(settings: Settings, daemon: bool, dev: bool = False) -> None:
    """Start a node; Failure says what is in the way."""
    for fault in preflight.role_faults(settings):
        raise Failure(fault)
    if _TOLD in os.environ:
        run(settings)
        return
    prefix = Prefix(settings)
    try:
        prefix.refuse_second()
        prefix.prepare()
    except PrefixError as error:
        raise Failure(str(error)) from None
    tell(preflight.notices(settings))
    if daemon or (settings.nginx_main_daemon == "on" and not dev):
        _detach(settings)
    else:
        run(settings, dev)


def run(settings: Settings, dev: bool = False) -> None:
    """Be the supervisor until told to stop."""
    if dev:
        # Two changes within a second may look alike to whoever trusts compiled files.
        os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    told = os.environ.pop(_TOLD, None)
    foreground = told is None
    supervisor = Supervisor(settings, foreground, dev)
    output: Any = sys.stdout if told is None else os.fdopen(int(told), "w")
    try:
        logs.configure(settings, settings.proxy_error_log, foreground)
        for notice in () if foreground else preflight.notices(settings):
            log.log(logs.NOTICE, "%s", notice)  # as it was told on the terminal
        asyncio.run(supervisor.run(lambda node: _tell(node, output)))
    except StartError as error:
        if told is None:
            raise Failure(str(error)) from None
        with output:
            output.write(f"Error: {error}")
        sys.exit(1)


def _tell(node: Node, output: Any) -> None:
    output.write(banner(VERSION, str(node.prefix.path), node.listening, node.uncontrolled) + "\n")
    output.flush()
    if output is not sys.stdout:
        output.close()


def _detach(settings: Settings) -> None:
    """Run the same command again as a process of its own session, and wait for what it tells."""
    ours, theirs = os.pipe()
    # Whatever escapes the logs, such as the traceback of a process that cannot even be imported.
    rest = settings.path("logs", "error.log").open("ab")
    with (
        rest,
        subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", "gopura.cli", *sys.argv[1:]],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=rest,
            env=os.environ | {_TOLD: str(theirs)},
            pass_fds=[theirs],
            start_new_session=True,
        ) as process,
    ):
        os.close(theirs)
        with os.fdopen(ours) as stream:
            text = stream.read()
        if text.startswith("Error: ") or not text:
            raise Failure(text.removeprefix("Error: ") or f"gopura ended with code {process.wait()}")
        click.echo(text, nl=False)
        process.returncode = 0  # it goes on without us
