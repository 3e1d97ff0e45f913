"""`gopura config`."""

from __future__ import annotations

import math
import time
from pathlib import Path

import click

from gopura.cli._database import database, work_on
from gopura.cli._options import Failure, node_options
from gopura.settings import Settings

_EXAMPLE = """\
# A declarative configuration: the whole of a gateway in one file.
_format_version: "3.0"
_transform: true

services:
  - name: example
    url: http://127.0.0.1:9000
    routes:
      - name: example
        paths:
          - /example
    plugins:
      - name: key-auth

consumers:
  - username: alice
    keyauth_credentials:
      - key: open-sesame
"""

_FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))


@click.group("config")
def command() -> None:
    """Work with declarative configuration files (kong.yml)."""


@command.command("init")
@click.argument("file", default="kong.yml", type=click.Path(path_type=Path))
def init(file: Path) -> None:
    """Write an example to FILE (kong.yml)."""
    if file.exists():
        raise Failure(f"{file} is there already")
    file.write_text(_EXAMPLE)
    click.echo(f"wrote {file}")


@command.command("parse")
@_FILE
@node_options
def parse(file: Path, settings: Settings) -> None:
    """Check FILE without loading it."""
    from gopura.declarative import load_file
    from gopura.store.location import memory

    work_on(settings, memory(), lambda store: load_file(store, file))
    click.echo("parse successful")


@command.command("db_import")
@_FILE
@node_options
def db_import(file: Path, settings: Settings) -> None:
    """Add what FILE says to the database. What has an id that is stored already replaces that."""
    from gopura.declarative import import_file

    progress = _Progress()
    counts = work_on(settings, database(settings), lambda store: import_file(store, file, progress))
    found = ", ".join(f"{count} {name}" for name, count in counts.items())
    click.echo(f"import successful: {found or 'nothing'}")


class _Progress:
    """Tells once a second how far it is; what takes less long says nothing."""

    def __init__(self) -> None:
        self._next = math.inf

    def __call__(self, what: str, done: int, total: int) -> None:
        now = time.monotonic()
        if self._next == math.inf:
            self._next = now + 1
        if now >= self._next:
            self._next = now + 1
            click.echo(f"{what} {done} of {total} entities", err=True)


@command.command("db_export")
@click.argument("file", default="kong.yml", type=click.Path(path_type=Path))
@node_options
def db_export(file: Path, settings: Settings) -> None:
    """Write everything in the database to FILE (kong.yml)."""
    from gopura.declarative import dump

    if file.exists():
        raise Failure(f"{file} is there already")
    text = work_on(settings, database(settings), dump)
    file.touch(mode=0o600)  # there are credentials in it
    file.write_text(text)
    click.echo(f"wrote {file}")
