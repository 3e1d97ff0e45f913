"""Types by which entities are known: ids, names, tags, times, references to others."""

import re
from typing import Annotated, TypedDict

from gopura.schema.rules import (
    Auto,
    Custom,
    Description,
    MatchAny,
    MatchNone,
    Pattern,
    Required,
    SetOf,
    Timestamp,
    Unique,
    UuidText,
)
from gopura.schema.rules.lengths import MOST_INDEXED, Bound

_NAME = re.compile(r"[A-Za-z0-9.\-_~]+\Z")
_UTF8_NAME = re.compile(r"[A-Za-z0-9.\-_~\x80-\U0010ffff]+\Z")
_TAG = re.compile(r"[ !-+\-.0-~\x80-\U0010ffff]+\Z")


class ForeignKey(TypedDict):
    """A reference to another entity."""

    id: str


def _ill_formed(text: str) -> str | None:
    """Lone surrogates have no UTF-8 form; positions count bytes from 1."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        position = len(text[: error.start].encode()) + 1
        return f"invalid utf-8 character sequence detected at position {position}"
    return None


def _name(text: str) -> str | None:
    if _NAME.match(text):
        return None
    return f"invalid value '{text}': it must only contain alphanumeric and '., -, _, ~' characters"


def _utf8_name(text: str) -> str | None:
    message = _ill_formed(text)
    if message or _UTF8_NAME.match(text):
        return message
    return f"invalid value '{text}': the only accepted ascii characters are alphanumerics or ., -, _, and ~"


def _tag(text: str) -> str | None:
    message = _ill_formed(text)
    if message or _TAG.match(text):
        return message
    return f"invalid tag '{text}': expected printable ascii (except `,` and `/`) or valid utf-8 sequences"


Uuid = Annotated[str, UuidText(), Auto(), Description("The UUID of the entity; made up when it is left out.")]
OptionalUuid = Annotated[str, UuidText(), Description("A UUID.")]
CreatedAt = Annotated[
    int, Timestamp(), Auto(), Description("When the entity was created, in seconds since 1970.")
]
UpdatedAt = Annotated[
    int, Timestamp(), Auto(), Description("When the entity last changed, in seconds since 1970.")
]
Name = Annotated[str, Unique(), Custom(_name), Description("A unique name of letters, digits and `. - _ ~`.")]
Utf8Name = Annotated[
    str, Unique(), Custom(_utf8_name), Description("A unique name; any letters, digits and `. - _ ~`.")
]
Tag = Annotated[
    str, Required(), Bound(MOST_INDEXED), Custom(_tag), Description("A word to group entities by.")
]
Tags = Annotated[list[Tag], SetOf(), Description("Words to group and filter entities by.")]
SemanticVersion = Annotated[
    str,
    MatchAny(
        Pattern("^%d+[%.%d]*$", r"^\d[.\d]*\Z"),
        Pattern("^%d+[%.%d]*%-?.*$", r"^\d.*\Z"),
        err="invalid version number: must be in format of X.Y.Z",
    ),
    MatchNone(Pattern("%.%.", r"\.\.", "must not have empty version segments")),
    Description("A version: X.Y.Z, perhaps with a suffix."),
]
