"""Loads the plugins of folders in a process of its own, as whatever is imported stays; says what cannot be used."""

import asyncio
import json
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Trial:
    """`refused` are the plugins' files, or their packages' folders, that cannot be used; `faults` says why."""

    refused: frozenset[Path]
    faults: str


async def trial(folders: list[Path]) -> Trial:
    """Load everything once; whatever goes wrong with that is a fault of all."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", __name__, *map(str, folders),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    said, complained = await process.communicate()
    if process.returncode:  # a plugin ended the process
        everything = frozenset(path for folder in folders for path in folder.iterdir())
        return Trial(everything, complained.decode(errors="replace").strip())
    result = json.loads(said.splitlines()[-1])
    return Trial(frozenset(map(Path, result["refused"])), "\n".join(result["faults"]))


def _main(folders: list[str]) -> None:
    from gopura.plugin.discovery import discover  # the supervisor itself loads no plugins

    found = discover([], folders)
    refused = [source.removesuffix("/__init__.py") for source in found.refused]
    print(json.dumps({"refused": refused, "faults": list(map(str, found.broken))}))


if __name__ == "__main__":
    _main(sys.argv[1:])
