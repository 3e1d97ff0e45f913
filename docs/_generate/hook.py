"""Adds the reference pages, which are made from the code, whenever the documentation is built."""

from typing import Any

import admin_pages
import command_pages
import entity_pages
import plugin_api_page
import plugin_pages
import settings_page
import testing_page
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

MAKERS = (
    settings_page,
    command_pages,
    admin_pages,
    entity_pages,
    plugin_pages,
    plugin_api_page,
    testing_page,
)


def on_files(files: Files, config: MkDocsConfig, **_: Any) -> Files:
    """Add every generated page beside those that are written by hand."""
    pages = {path: text for made in MAKERS for path, text in made.pages().items()}
    for path, text in pages.items():
        files.append(File.generated(config, f"reference/{path}", content=text))
    for title, folder in (("Admin API", "admin-api/"), ("Plugins", "plugins/")):
        _name(config.nav, title, [f"reference/{path}" for path in sorted(pages) if path.startswith(folder)])
    return files


def _name(nav: Any, title: str, pages: list[str]) -> None:
    """Put pages into the navigation, below an entry of the reference, after those that are named there."""
    chapters = {title: entries for part in nav if isinstance(part, dict) for title, entries in part.items()}
    entry = next(entry for entry in chapters["Reference"] if isinstance(entry, dict) and title in entry)
    entry[title] = [*entry[title], *(page for page in pages if page not in entry[title])]
