"""`gopura plugin`."""

from __future__ import annotations

import keyword
import re
from pathlib import Path

import click

from gopura.plugin.discovery import discover

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")

_PLUGIN = '''\
"""{title}: say here what it is for."""

from gopura.plugin import Exchange, Plugin, config


class {cls}(Plugin, name="{name}", priority=1000):
    """Say here what it does, in a line."""

    class Config(config.Record):
        """What can be set."""

        greeting: str = "hello"
        """What the response's header says."""

    def header_filter(self, exchange: Exchange, config: Config) -> None:
        """Add a header to the response."""
        exchange.response.headers.set("X-{header}", config.greeting)
'''

_TEST = '''\
"""{title}, through an in-process gateway and an upstream that echoes."""

import pytest
from {module} import {cls}

from gopura.testing import Gateway


@pytest.mark.parametrize("greeting", ["hello", "good day"])
def test_response(greeting: str) -> None:
    with Gateway({cls}, config={{"greeting": greeting}}) as gateway:
        answer = gateway.get("/")
        assert answer.status == 200
        assert answer.headers["X-{header}"] == greeting
'''


@click.group("plugin")
def command() -> None:
    """Write and check plugins."""


@command.command("new")
@click.argument("name")
@click.option(
    "-d",
    "--directory",
    metavar="FOLDER",
    default=".",
    type=click.Path(path_type=Path),
    help="Where to write; the current folder by default.",
)
def new(name: str, directory: Path) -> None:
    """Write a plugin NAME (lower-case words with hyphens) and its test."""
    if not _NAME.fullmatch(name):
        raise click.BadParameter("lower-case words with hyphens, such as my-plugin", param_hint="NAME")
    words = name.split("-")
    module = "_".join(words) + ("_plugin" if keyword.iskeyword("_".join(words)) else "")
    parts = {
        "name": name,
        "module": module,
        "title": " ".join(words).capitalize(),
        "cls": "".join(word.capitalize() for word in words),
        "header": "-".join(word.capitalize() for word in words),
    }
    texts = {f"{module}.py": _PLUGIN, f"test_{module}.py": _TEST}
    _write(directory, {file: text.format_map(parts) for file, text in texts.items()})
    click.echo(f"\nTest it:  pytest {directory / f'test_{module}.py'}")
    click.echo(f"Use it:   GOPURA_PLUGINS_PATH={directory.resolve()} gopura start")


@command.command("check")
@click.argument(
    "folders", nargs=-1, required=True, type=click.Path(exists=True, file_okay=False, path_type=Path)
)
def check(folders: tuple[Path, ...]) -> None:
    """Import the plugins in FOLDERS, and name what is wrong with them."""
    found = discover([], folders)
    for name in sorted(found.plugins):
        click.echo(f"{name}: {found.origins[name]}")
    for broken in found.broken:
        click.echo(str(broken), err=True)
    if found.broken:
        raise SystemExit(1)


def _write(directory: Path, files: dict[str, str]) -> None:
    taken = [file for file in files if (directory / file).exists()]
    if taken:
        raise click.ClickException(f"{directory / taken[0]} is there already")
    directory.mkdir(parents=True, exist_ok=True)
    for file, text in files.items():
        (directory / file).write_text(text)
        click.echo(f"wrote {directory / file}")
