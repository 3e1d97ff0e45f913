from typing import Annotated, Any

import pytest

from gopura.schema import Match, MatchAll, MatchAny, MatchNone, NotMatch, Pattern, StartsWith
from tests.schema.refusals import refused

UPPER = Match("^%u+$", r"^[A-Z]+\Z")
NEITHER = MatchNone(Pattern("//", err="two slashes"), Pattern("%s", r"\s", err="a space"))
BOTH = MatchAll(Pattern("a", err="no a"), Pattern("b", err="no b"))
EITHER = MatchAny(Pattern("^/"), Pattern("^~/"), err="starts badly")

CASES: list[tuple[Any, Any, str | None]] = [
    (Annotated[str, StartsWith("/")], "/a", None),
    (Annotated[str, StartsWith("/")], "a", "should start with: /"),
    (Annotated[str, UPPER], "GET", None),
    (Annotated[str, UPPER], "get", "invalid value: get"),
    (Annotated[str, UPPER], "GET\n", "invalid value: GET\n"),
    (Annotated[str, Match("^a", err="not a")], "b", "not a"),
    (Annotated[str, Match("^a", err="not a")], "", "not a"),
    (Annotated[str, NotMatch("^a")], "abc", "invalid value: abc"),
    (Annotated[str, NotMatch("^a")], "bc", None),
    (Annotated[str, NEITHER], "/a/b", None),
    (Annotated[str, NEITHER], "//a b", "two slashes"),
    (Annotated[str, NEITHER], "a b", "a space"),
    (Annotated[str, BOTH], "ab", None),
    (Annotated[str, BOTH], "b", "no a"),
    (Annotated[str, BOTH], "a", "no b"),
    (Annotated[str, EITHER], "~/a", None),
    (Annotated[str, EITHER], "a", "starts badly"),
    (Annotated[str, MatchAny(Pattern("^a"))], "b", "invalid value: b"),
]


@pytest.mark.parametrize(("annotation", "value", "message"), CASES)
def test_patterns(annotation: Any, value: Any, message: str | None) -> None:
    assert refused(annotation, value) == message


def test_shown_as_lua() -> None:
    assert UPPER.shown() == {"match": "^%u+$"}
    assert EITHER.shown() == {"match_any": {"patterns": ["^/", "^~/"], "err": "starts badly"}}
    assert NEITHER.shown()["match_none"][1] == {"pattern": "%s", "err": "a space"}
