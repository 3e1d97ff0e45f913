"""Regular expressions of routes and plugins."""

import re

_INLINE_FLAGS = re.compile(r"\(\?[imsxU]+\)")
_NAMED_GROUP = re.compile(r"\(\?<(?![=!])")


def regex_problem(regex: str) -> str | None:
    """Why an expression in PCRE's syntax does not compile, None when it does."""
    try:
        re.compile(_NAMED_GROUP.sub("(?P<", _INLINE_FLAGS.sub("", regex)))
    except (re.error, OverflowError, RecursionError) as error:
        return str(error)
    return None
