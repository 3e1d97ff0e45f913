"""What the pages and the README name is there: settings, commands, paths of the Admin API, plugins' settings."""

import itertools
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from gopura import entities, schema
from gopura.cli import main
from gopura.settings import SECTIONS
from tests.docs.generated import admin_pages

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
SETTINGS = {setting.name for section in SECTIONS for setting in section.settings}
PATHS = list(admin_pages.described()["paths"])
OWN = ("badges",)
"""Collections of the plugins that the pages write."""


def _scripts(page: Path) -> list[str]:
    return re.findall(r"```sh\n(.*?)```", page.read_text(), re.S)


def _calls(page: Path, program: str) -> Iterator[list[str]]:
    """Every call of a program, as words."""
    for script in _scripts(page):
        text = re.sub(r"\s+# .*$", "", re.sub(r"\\\n", " ", script), flags=re.M)
        tokens = shlex.shlex(text, posix=True, punctuation_chars="\n&|;")
        tokens.whitespace, tokens.whitespace_split, tokens.commenters = " \t", True, ""
        for separator, words in itertools.groupby(tokens, lambda token: set(token) <= set("\n&|;")):
            call = list(itertools.dropwhile(re.compile("[A-Z_]+=").match, words))
            if not separator and call[:1] == [program]:
                yield call[1:]


def _id(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=_id)
def test_settings_that_are_named_exist(page: Path) -> None:
    text = page.read_text()
    named = {name.lower() for name in re.findall(r"\bGOPURA_([A-Z][A-Z_]+[A-Z])\b(?![…*])", text)}
    for block in re.findall(r"```(?:ini)?\n(.*?)```", text, re.S):
        named |= set(re.findall(r"^\s*([a-z][a-z_]+) = ", block, re.M))
    assert {name.removesuffix("_file") for name in named} <= SETTINGS


@pytest.mark.parametrize("page", PAGES, ids=_id)
def test_commands_that_are_named_exist(page: Path) -> None:
    for words in _calls(page, "gopura"):
        command: click.Command = main
        while isinstance(command, click.Group) and words and not words[0].startswith("-"):
            assert words[0] in command.commands, words
            command = command.commands[words.pop(0)]
        known = {name for option in command.params for name in option.opts} | {"-h", "--help"}
        assert {word for word in words if word.startswith("-")} <= known, words


@pytest.mark.parametrize("page", PAGES, ids=_id)
def test_paths_of_the_admin_api_that_are_asked_exist(page: Path) -> None:
    for words in _calls(page, "curl"):
        for url in (word for word in words if word.startswith("localhost:8001/")):
            path = url.removeprefix("localhost:8001").partition("?")[0]
            patterns = [re.sub(r"\\{.*?\\}", "[^/]+", re.escape(known)) for known in PATHS]
            own = path.split("/")[1] in OWN
            assert own or any(re.fullmatch(pattern, path) for pattern in patterns), url


@pytest.mark.parametrize("page", PAGES, ids=_id)
def test_plugins_that_are_configured_are_valid(page: Path) -> None:
    for words in _calls(page, "curl"):
        body: Any = _json(words)
        if body is not None and any(word.endswith("/plugins") for word in words):
            fields = {name: body[name] for name in body if name != "ordering"}  # which a setting allows
            assert schema.insert(entities.get("plugins"), fields)


def _json(words: list[str]) -> Any:
    given = [after for word, after in itertools.pairwise(words) if word in ("--json", "-d")]
    return next((json.loads(text) for text in given if text.startswith("{")), None)
