"""What plugins are loaded from while they are written."""

from pathlib import Path

import pytest

from gopura.supervisor.last_good import LastGood

Files = dict[str, str]


def write(folder: Path, files: Files) -> None:
    for path in folder.rglob("*.py"):
        path.unlink()
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def loaded(good: LastGood) -> Files:
    [folder] = good.folders
    return {
        f"{entry.name}/{path.name}" if entry.is_dir() else entry.name: path.read_text()
        for entry in sorted(folder.iterdir())
        for path in (sorted(entry.iterdir()) if entry.is_dir() else [entry])
    }


@pytest.mark.parametrize(
    ("before", "after", "refused", "runs", "changed"),
    [
        ({"a.py": "1"}, {"a.py": "2"}, [], {"a.py": "2"}, True),
        ({"a.py": "1"}, {"a.py": "1"}, [], {"a.py": "1"}, False),
        ({"a.py": "1"}, {"a.py": "bad"}, ["a.py"], {"a.py": "1"}, False),
        (
            {"a.py": "1", "b.py": "1"},
            {"a.py": "bad", "b.py": "2"},
            ["a.py"],
            {"a.py": "1", "b.py": "2"},
            True,
        ),
        ({"a.py": "1"}, {"a.py": "1", "b.py": "bad"}, ["b.py"], {"a.py": "1"}, False),
        ({"a.py": "1", "b.py": "1"}, {"b.py": "1"}, [], {"b.py": "1"}, True),
        (
            {"p/__init__.py": "1", "p/part.py": "1"},
            {"p/__init__.py": "1", "p/part.py": "bad"},
            ["p"],
            {"p/__init__.py": "1", "p/part.py": "1"},
            False,
        ),
        ({"p/__init__.py": "1", "p/part.py": "1"}, {"p/__init__.py": "1"}, [], {"p/__init__.py": "1"}, True),
    ],
)
def test_what_is_loaded(
    before: Files, after: Files, refused: list[str], runs: Files, changed: bool, tmp_path: Path
) -> None:
    folder = tmp_path / "plugins"
    folder.mkdir()
    write(folder, before)
    good = LastGood([folder], tmp_path / "place")
    assert good.take_up(frozenset())
    write(folder, after)
    assert good.take_up({folder / name for name in refused}) is changed
    assert loaded(good) == runs
