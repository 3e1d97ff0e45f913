"""The `gopura` command. A command is known because its module is here; it has one click command `command`."""

from __future__ import annotations

import importlib
import pkgutil

import click

from gopura.release import VERSION

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.group(context_settings=CONTEXT)
@click.version_option(VERSION, message="%(version)s")
def main() -> None:
    """Run and control a gopura gateway."""


for _module in pkgutil.iter_modules(__path__):
    if not _module.name.startswith("_"):
        main.add_command(importlib.import_module(f"{__name__}.{_module.name}").command)
