"""Options that commands share, and the settings that they lead to."""

from __future__ import annotations

import functools
import logging
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar, cast

import click

from gopura.logs import TextFormatter
from gopura.settings import Settings, SettingsError

Command = TypeVar("Command", bound=Callable[..., Any])


class Failure(click.ClickException):
    """A mistake or a state that the user can do something about: shown without a traceback, exit code 1."""

    def show(self, file: Any = None) -> None:
        """Print the message, each line of it marked."""
        for line in self.message.splitlines():
            click.echo(f"Error: {line}", err=True)


def node_options(command: Command) -> Command:
    """Add `-c`, `-p` and `-v`; the command gets `settings` instead."""
    return _with_settings(command, load)


def control_options(command: Command) -> Command:
    """Likewise, for a command that only has to find the gateway: whatever is wrong with other settings than its prefix,
    such as a secret that is gone, is in the way of a start, not of a stop.
    """
    return _with_settings(command, find)


def _with_settings(command: Command, read: Callable[[Path | None, dict[str, str]], Settings]) -> Command:
    @click.option("-c", "--conf", metavar="FILE", type=click.Path(path_type=Path), help="Configuration file.")
    @click.option(
        "-p", "--prefix", metavar="FOLDER", help="Folder of the node; goes before all other sources."
    )
    @click.option("-v", "--v", "verbose", is_flag=True, help="Say what is done.")
    @click.option("--vv", "debug", is_flag=True, help="Say everything that may help to find a fault.")
    @functools.wraps(command)
    def with_settings(
        conf: Path | None, prefix: str | None, verbose: bool, debug: bool, **others: Any
    ) -> Any:
        speak(verbose, debug)
        settings = read(conf, {"prefix": prefix} if prefix else {})
        return command(settings=settings, **others)

    return cast(Command, with_settings)


def load(conf: Path | None, overrides: dict[str, str], strict: bool = False) -> Settings:
    """The settings of this invocation; a Failure with all faults when they cannot be used."""
    try:
        return Settings.load(conf, os.environ, overrides, strict)
    except SettingsError as error:
        raise Failure(str(error)) from None


def tell(notices: Iterable[str]) -> None:
    """Print what a user should know: where settings are checked or begin to count, not at each command."""
    for notice in notices:
        click.echo(f"Notice: {notice}", err=True)


def find(conf: Path | None, overrides: dict[str, str]) -> Settings:
    """Where a gateway runs; a Failure when even that cannot be told."""
    try:
        return Settings.find(conf, os.environ, overrides)
    except SettingsError as error:
        raise Failure(str(error)) from None


def speak(verbose: bool, debug: bool) -> None:
    """Log to standard error as much as the options ask for."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(TextFormatter())
    logging.getLogger().handlers[:] = [handler]
    logging.getLogger().setLevel(logging.DEBUG if debug else logging.INFO if verbose else logging.WARNING)
