"""Regular expressions of routes and plugins, in PCRE's syntax."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gopura.schema.advice import advise
from gopura.schema.effort import spend
from gopura.schema.surroundings import surroundings

if TYPE_CHECKING:
    from gopura._engine import Pattern


def pattern(source: str, options: str = "") -> Pattern:
    """Compile an expression of a configuration; ValueError says what is wrong. `options` as in `Pattern`.

    Where it cannot run in linear time it takes as many steps as the node's settings allow.
    """
    from gopura._engine import Pattern

    return Pattern(source, options, surroundings.match_limit)


def regex_problem(source: str) -> str | None:
    """Why an expression does not compile, None when it does; whoever configures it is told when it will be slow."""
    spend(source)
    try:
        compiled = pattern(source)
    except ValueError as error:
        return str(error)
    if not compiled.linear:
        advise(
            f"the regular expression '{source}' cannot run in linear time (look-around, back references, possessive "
            "quantifiers): it is slower, and requests whose text needs more steps than "
            "nginx_http_lua_regex_match_limit get an error"
        )
    return None
