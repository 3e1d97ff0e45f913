"""`Pattern`: PCRE's syntax for texts of requests, in bounded time (the table of what means what is the crate's own)."""

import pytest

from gopura._engine import MatchLimitError, Pattern


@pytest.mark.parametrize(
    ("source", "options", "text", "groups"),
    [
        (r"(\d+)-(x)?", "", "on 12-", ["12-", "12", ""]),
        ("B", "i", "abc", ["b"]),
        ("b", "a", "abc", None),
        ("ä(.)", "", "äb", ["äb", "b"]),
        (r"(?<=ä)(.)", "", b"\xc3\xa4\xff", ["\udcff", "\udcff"]),
        ("^.$", "u", "ä", ["ä"]),
    ],
)
def test_groups(source: str, options: str, text: str | bytes, groups: list[str] | None) -> None:
    pattern = Pattern(source, options)
    assert pattern.groups(text) == groups
    assert pattern.matches(text) == (groups is not None)


def test_places_and_names() -> None:
    pattern = Pattern(r"(?<first>a)(b)?")
    assert pattern.names == {"first": 1}
    assert pattern.find("ä a") == [(3, 4), (3, 4), None]
    assert pattern.find("aa", 1) == [(1, 2), (1, 2), None]
    assert pattern.find("aa", 5) is None


@pytest.mark.parametrize(
    ("source", "linear"),
    [
        (r"^(\w+\s?)+bot$", True),
        (r"^(a|aa)+$", True),
        (r"^(\w+\s?)+(?=bot)", False),
        (r"(a+)\1+b", False),
        (r"(?:(a)|\w)*+b", False),
        (r"^(?!.*evil)", False),
    ],
)
def test_linear(source: str, linear: bool) -> None:
    assert Pattern(source).linear == linear


@pytest.mark.parametrize("source", [r"^(\w+\s?)+(?=bot)", r"^(a|aa)+(?<=b)$", r"(a*)*\1b"])
def test_steps_are_bounded(source: str) -> None:
    with pytest.raises(MatchLimitError, match="nginx_http_lua_regex_match_limit"):
        Pattern(source, limit=1000).matches("a" * 60 + "!")


@pytest.mark.parametrize("source", ["(", "a**", r"\p{L}", "(?<n", "[b-a]", r"(\w{300}){3000}"])
def test_what_cannot_be_read(source: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Pattern(source)
