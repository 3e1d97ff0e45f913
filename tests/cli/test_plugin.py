"""`gopura plugin`: what it writes works, what is broken is named."""

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from gopura.cli import main


def test_new_plugin_passes_its_test(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["plugin", "new", "say-hello", "-d", str(tmp_path)])
    assert result.exit_code == 0, result.output
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_say_hello.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert "2 passed" in run.stdout, run.stdout + run.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["new", "Not_A_Name"], "lower-case words with hyphens"),
        (["check", "."], None),
    ],
)
def test_refusals(words: list[str], message: str | None, tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("def (:")
    (tmp_path / "good.py").write_text(
        "from gopura.plugin import Plugin\n\n\nclass Good(Plugin, name='good'):\n    pass\n"
    )
    words = [str(tmp_path) if word == "." else word for word in words]
    result = CliRunner().invoke(main, ["plugin", *words])
    assert result.exit_code != 0
    assert (message or f"{tmp_path / 'bad.py'}:1: invalid syntax") in result.output


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("kept")
    result = CliRunner().invoke(main, ["plugin", "new", "mine", "-d", str(tmp_path)])
    assert "is there already" in result.output
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("mine.py", "kept")]
