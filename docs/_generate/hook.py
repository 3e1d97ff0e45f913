"""Adds the reference pages, which are made from the code, whenever the documentation is built."""

from typing import Any

import command_pages
import entity_pages
import plugin_api_page
import plugin_pages
import settings_page
import testing_page
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

MAKERS = (settings_page, command_pages, entity_pages, plugin_pages, plugin_api_page, testing_page)


def on_files(files: Files, config: MkDocsConfig, **_: Any) -> Files:
    """Add every generated page beside those that are written by hand."""
    pages = {path: text for made in MAKERS for path, text in made.pages().items()}
    for path, text in pages.items():
        files.append(File.generated(config, f"reference/{path}", content=text))
    _name_plugins(config.nav, [f"reference/{path}" for path in pages if path.startswith("plugins/")])
    return files


def _name_plugins(nav: Any, pages: list[str]) -> None:
    """Put the plugins' pages into the navigation, below the entry `Plugins` of the reference."""
    chapters = {title: entries for part in nav if isinstance(part, dict) for title, entries in part.items()}
    reference = next(
        entry for entry in chapters["Reference"] if "Plugins" in entry and isinstance(entry, dict)
    )
    reference["Plugins"] = pages
