"""The page of the `gopura` command, made from its own help texts."""

from collections.abc import Iterator

import click
from tables import table

from gopura.cli import main

HEAD = "# The gopura command\n"


def pages() -> dict[str, str]:
    """The page by its path."""
    return {"command-line.md": "\n".join([HEAD, *_chapters(main, "gopura")])}


def _chapters(command: click.Command, words: str) -> Iterator[str]:
    if isinstance(command, click.Group):
        for name in sorted(command.commands):
            yield from _chapters(command.commands[name], f"{words} {name}")
        return
    usage = " ".join(command.collect_usage_pieces(click.Context(command)))
    yield f"## {words}\n\n```\n{words} {usage}\n```\n\n{(command.help or '').strip()}\n"
    options = [option for option in command.params if isinstance(option, click.Option)]
    if options:
        yield table(("option", "meaning"), [(_names(option), option.help or "") for option in options])


def _names(option: click.Option) -> str:
    value = "" if option.is_flag else f" {(option.metavar or option.type.name).upper()}"
    return f"`{', '.join(option.opts)}{value}`"
