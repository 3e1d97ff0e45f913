"""Plugins are found because they exist; broken ones are reported with place and fix."""

from pathlib import Path

import pytest

from gopura.plugin.discovery import Found, discover

GOOD = """
from gopura.plugin import Plugin

class Mine(Plugin, name="{name}", priority=5):
    def access(self, exchange, config):
        pass
"""


def found_in(folder: Path, files: dict[str, str], *enabled: str) -> Found:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return discover(enabled or ("bundled",), [folder])


@pytest.mark.parametrize(
    ("files", "names"),
    [
        ({"mine.py": GOOD.format(name="mine")}, {"mine"}),
        ({"pack/__init__.py": GOOD.format(name="packed")}, {"packed"}),
        ({"_mine.py": GOOD.format(name="hidden")}, set()),
        ({"a.py": GOOD.format(name="a"), "b.py": GOOD.format(name="b")}, {"a", "b"}),
        ({"notes.txt": "nothing"}, set()),
        ({"test_mine.py": "import mine", "mine_test.py": "import mine", "conftest.py": "x = 1"}, set()),
        ({"tests/__init__.py": "", "testing.py": GOOD.format(name="testing")}, {"testing"}),
    ],
)
def test_files(tmp_path: Path, files: dict[str, str], names: set[str]) -> None:
    found = found_in(tmp_path, files, "key-auth")
    assert set(found.plugins) == names | {"key-auth"}
    assert found.broken == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("def x(:\n", "bad.py:1: invalid syntax (correct the syntax)"),
        (
            "\nimport no_such_module\n",
            "bad.py:2: ModuleNotFoundError: No module named 'no_such_module' (install",
        ),
        ("x = 1\n\n1 / 0\n", "bad.py:3: ZeroDivisionError: division by zero (correct it and reload)"),
        ("\nraise SystemExit(3)\n", "bad.py:2: SystemExit: 3 (correct it and reload)"),
        ("x = 1\n", "bad.py: defines no plugin (add `class X(Plugin, name=...)`)"),
        (GOOD.format(name="key-auth"), "bad.py:4: the name key-auth is taken by gopura.plugins.key_auth"),
    ],
)
def test_broken_file_stops_nothing_else(tmp_path: Path, text: str, expected: str) -> None:
    found = found_in(tmp_path, {"bad.py": text, "good.py": GOOD.format(name="good")})
    assert {"good", "key-auth"} <= set(found.plugins)
    assert [str(it).removeprefix(f"{tmp_path}/")[: len(expected)] for it in found.broken] == [expected]
    assert found.refused == {str(tmp_path / "bad.py")}


PHASE = """
from gopura.plugin import Plugin

class Mine(Plugin, name="mine", protocols={protocols}):
    {phase}
        pass
"""
HTTP, STREAMS = ("http",), ("tcp", "tls")


@pytest.mark.parametrize(
    ("phase", "protocols", "broken"),
    [
        ("def access(self, exchange, config):", HTTP, []),
        ("async def access(self, *arguments):", HTTP, []),
        ("def preread(self, exchange, config):", STREAMS, []),
        ("def log(self, exchange, config):", STREAMS, []),
        ("def preread(self, exchange, config):", HTTP, ["preread without a stream's protocol"]),
        ("def access(self, exchange):", HTTP, ["access cannot be called with (self, exchange, config)"]),
        (
            "def body_filter(self, exchange, config):",
            HTTP,
            ["body_filter cannot be called with (self, exchange, config, chunk, last)"],
        ),
        ("async def body_filter(self, *arguments):", HTTP, ["body_filter is a coroutine"]),
        ("def init_worker(self):", HTTP, ["init_worker is no phase"]),
        ("def acess(self, exchange, config):", HTTP, ["acess is no phase, but access is"]),
        ("def header_filters(self, *arguments):", HTTP, ["header_filters is no phase, but header_filter is"]),
        ("def acess(self):", HTTP, []),
        ("def _acess(self, exchange, config):", HTTP, []),
    ],
)
def test_phases_are_looked_at_when_a_plugin_is_loaded(
    phase: str, protocols: tuple[str, ...], broken: list[str], tmp_path: Path
) -> None:
    found = found_in(tmp_path, {"mine.py": PHASE.format(phase=phase, protocols=protocols)})
    assert [it.message for it in found.broken] == broken
    assert ("mine" in found.plugins) is (not broken)


@pytest.mark.parametrize(
    ("enabled", "has", "broken"),
    [
        (["bundled"], True, []),
        (["off"], False, []),
        (["key-auth"], True, []),
        (["bundled", "absent"], True, ["there is no plugin absent"]),
    ],
)
def test_enabled(enabled: list[str], has: bool, broken: list[str]) -> None:
    found = discover(enabled)
    assert ("key-auth" in found.plugins) is has
    assert [it.message for it in found.broken] == broken
