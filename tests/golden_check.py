"""Compares what a replay of recorded answers found with what is expected to pass.

    python tests/golden_check.py RESULTS [AREA/FILE...]

RESULTS/AREA/FILE.json is what `golden.py replay --json` wrote; with names, only these files are expected.

`golden_expected.txt` beside this script lists AREA/FILE that must pass wholly. `golden_deviations.txt` lists
steps that differ on purpose, as `STEP | reason`; they do not count. Exits 1 when an expected file fails.
"""

import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SHOWN = 5  # failed steps that are printed for a file


@dataclass(frozen=True)
class FileResult:
    """The steps of one recorded file; `steps` is empty when the replay did not finish."""

    name: str
    steps: list[dict[str, Any]]
    deviations: frozenset[str] = frozenset()

    @property
    def failures(self) -> list[dict[str, Any]]:
        return [step for step in self.steps if not step["ok"] and step["step"] not in self.deviations]

    @property
    def passed(self) -> bool:
        return bool(self.steps) and not self.failures

    def line(self) -> str:
        good = len(self.steps) - len(self.failures)
        return f"{self.name}: {good}/{len(self.steps)}" if self.steps else f"{self.name}: not finished"


@dataclass(frozen=True)
class Verdict:
    """The files that failed although expected to pass, and those that pass and are not listed yet."""

    regressed: list[FileResult]
    gained: list[FileResult]


def judge(results: Iterable[FileResult], expected: set[str]) -> Verdict:
    """Compare results with the names of files that must pass; a listed file without a result has failed."""
    found = {result.name: result for result in results}
    listed = [found.get(name, FileResult(name, [])) for name in sorted(expected)]
    return Verdict(
        [result for result in listed if not result.passed],
        [result for name, result in sorted(found.items()) if result.passed and name not in expected],
    )


def entries(text: str) -> list[str]:
    """The lines of a list, without comments and blank lines."""
    return [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]


def deviations(text: str) -> frozenset[str]:
    """The steps of lines `STEP | reason`; ValueError for a line without a reason."""
    steps = set()
    for line in entries(text):
        step, _, reason = line.partition(" | ")
        if not reason.strip():
            raise ValueError(f"a deviation needs a reason after ' | ': {line}")
        steps.add(step.strip())
    return frozenset(steps)


def load(folder: Path, accepted: frozenset[str]) -> list[FileResult]:
    """Read RESULTS/AREA/FILE.json; a file that is not whole JSON counts as not finished."""
    results = []
    for path in sorted(folder.glob("*/*.json")):
        try:
            steps = json.loads(path.read_text())
        except ValueError:
            steps = []
        results.append(FileResult(f"{path.parent.name}/{path.stem}", steps, accepted))
    return results


def report(results: list[FileResult], verdict: Verdict) -> str:
    """What a person wants to know: every file's count, then what broke and what is newly right."""
    lines = [result.line() for result in results]
    if verdict.gained:
        lines += ["New files that pass, to be added to tests/golden_expected.txt:"]
        lines += [f"  {result.name}" for result in verdict.gained]
    for result in verdict.regressed:
        lines.append(f"REGRESSED {result.line()}")
        lines += [f"  {step['step']}: {step['diffs']}"[:600] for step in result.failures[:SHOWN]]
    return "\n".join(lines)


def main() -> int:
    """Run the comparison for the folder named on the command line."""
    accepted = deviations((HERE / "golden_deviations.txt").read_text())
    results = load(Path(sys.argv[1]), accepted)
    expected = set(entries((HERE / "golden_expected.txt").read_text()))
    verdict = judge(results, expected & set(sys.argv[2:]) if sys.argv[2:] else expected)
    print(report(results, verdict))
    return int(bool(verdict.regressed))


if __name__ == "__main__":
    sys.exit(main())
