"""Each plugin as it was when it last could be loaded, so that one bad file holds up no other."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Set
from pathlib import Path


class LastGood:
    """Folders for the processes' `plugins_path`, one for each that is followed.

    Their entries lead to the plugin itself or, while that cannot be loaded, to a copy from before.
    """

    def __init__(self, folders: list[Path], place: Path) -> None:
        _emptied(place)
        self._pairs = [(folder, place / str(number)) for number, folder in enumerate(folders)]
        self._run: dict[Path, str] = {}

    @property
    def folders(self) -> list[Path]:
        """What to load plugins from."""
        return [place / "now" for _, place in self._pairs]

    def take_up(self, refused: Set[Path]) -> bool:
        """Follow the folders as they are, but for entries that cannot be loaded; whether that changes what runs."""
        run: dict[Path, str] = {}
        for folder, place in self._pairs:
            now, good = _emptied(place / "now"), place / "good"
            for entry in _entries(folder):
                kept = good / entry.name
                if entry not in refused:
                    _copy(entry, kept)
                    (now / entry.name).symlink_to(entry.absolute())
                elif kept.exists():
                    (now / entry.name).symlink_to(kept.absolute())
                else:
                    continue
                run[entry] = _digest(kept)
        changed, self._run = run != self._run, run
        return changed


def _entries(folder: Path) -> list[Path]:
    return [
        path for path in sorted(folder.iterdir()) if path.suffix == ".py" or (path / "__init__.py").is_file()
    ]


def _emptied(folder: Path) -> Path:
    if folder.is_symlink():
        folder.unlink()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _copy(source: Path, target: Path) -> None:
    if target.is_dir():
        shutil.rmtree(target)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)


def _digest(entry: Path) -> str:
    """Of all files in it, with their names."""
    total = hashlib.sha256()
    for path in sorted(entry.rglob("*")) if entry.is_dir() else [entry]:
        if path.is_file():
            total.update(f"{path.relative_to(entry.parent)}\0".encode() + path.read_bytes())
    return total.hexdigest()
