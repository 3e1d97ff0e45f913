"""What is packed to be published."""

import os
import subprocess
import sys
import tarfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKED = ("gopura", "engine", "LICENSE", "README.md", "pyproject.toml")


def test_a_source_distribution_has_all_sources_and_nothing_else(tmp_path: Path) -> None:
    maturin = Path(sys.executable).with_name("maturin")
    path = os.pathsep.join([os.environ["PATH"], str(Path.home() / ".cargo/bin")])
    subprocess.run(
        [maturin, "sdist", "--out", tmp_path], cwd=ROOT, check=True, env=os.environ | {"PATH": path}
    )
    with tarfile.open(next(tmp_path.glob("gopura-*.tar.gz"))) as archive:
        packed = {member.name.partition("/")[2] for member in archive if member.isfile()}
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *PACKED]
    sources = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    assert packed == {*sources, "PKG-INFO"}
