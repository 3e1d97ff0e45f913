"""The comparison with recorded answers, as tables."""

import json
from pathlib import Path

import pytest

from tests.golden_check import FileResult, deviations, judge, load, report


def step(name: str, ok: bool) -> dict[str, object]:
    return {"step": name, "ok": ok, "diffs": [] if ok else [[".status", 200, 404]]}


GOOD = [step("a/f: case #1", True)]
BAD = [step("a/f: case #1", True), step("a/f: case #2", False)]


@pytest.mark.parametrize(
    ("results", "expected", "regressed", "gained"),
    [
        ([("a/f", GOOD)], {"a/f"}, [], []),
        ([("a/f", BAD)], {"a/f"}, ["a/f"], []),
        ([("a/f", BAD)], set(), [], []),
        ([("a/f", GOOD)], set(), [], ["a/f"]),
        ([], {"a/f"}, ["a/f"], []),
        ([("a/f", [])], {"a/f"}, ["a/f"], []),
        ([("a/f", []), ("a/g", GOOD)], set(), [], ["a/g"]),
    ],
)
def test_judge(
    results: list[tuple[str, list[dict[str, object]]]],
    expected: set[str],
    regressed: list[str],
    gained: list[str],
) -> None:
    verdict = judge([FileResult(name, steps) for name, steps in results], expected)
    assert [result.name for result in verdict.regressed] == regressed
    assert [result.name for result in verdict.gained] == gained


def test_an_accepted_deviation_does_not_count() -> None:
    accepted = deviations("# why\na/f: case #2 | a quirk no client can depend on\n")
    assert FileResult("a/f", BAD, accepted).passed


@pytest.mark.parametrize("line", ["a/f: case #2", "a/f: case #2 | "])
def test_a_deviation_needs_a_reason(line: str) -> None:
    with pytest.raises(ValueError, match="needs a reason"):
        deviations(line)


def test_a_truncated_result_is_not_finished(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/f.json").write_text("[{")
    (tmp_path / "a/g.json").write_text(json.dumps(GOOD))
    assert [result.line() for result in load(tmp_path, frozenset())] == ["a/f: not finished", "a/g: 1/1"]


def test_report_names_what_broke_and_what_is_new() -> None:
    results = [FileResult("a/f", BAD), FileResult("a/g", GOOD)]
    text = report(results, judge(results, {"a/f"}))
    assert "REGRESSED a/f: 1/2\n  a/f: case #2" in text
    assert "to be added to tests/golden_expected.txt:\n  a/g" in text
