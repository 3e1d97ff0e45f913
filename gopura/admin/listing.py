"""What the query of a list asks for: the size of a page, where to continue, which tags."""

import re
from dataclasses import dataclass
from typing import Any

from gopura.admin.errors import InvalidOptions, InvalidSize
from gopura.schema.entity import EntityType
from gopura.store import TagFilter
from gopura.store.errors import InvalidOffset

LARGEST = 1000
USUAL = 100
MOST_TAGS = 5

_NUMBER = re.compile(r"\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*\Z", re.IGNORECASE)
_TAG = r"[ -+\-.0-~\x80-\ud7ff\ue000-\U0010ffff]+"
_ALL = re.compile(rf"(?:{_TAG}(?:,|\Z))+\Z")
_ANY = re.compile(rf"(?:{_TAG}(?:/|\Z))+\Z")


@dataclass(frozen=True, slots=True)
class Listing:
    """The wanted part of a list, and its query's own texts for the `next` link."""

    size: int
    offset: str | None
    tags: TagFilter | None
    size_text: str | None = None
    tags_text: str | None = None


def read(query: dict[str, Any], entity: EntityType) -> Listing:
    """The listing that a query asks for; InvalidSize, InvalidOffset or InvalidOptions."""
    size, offset = query.get("size"), query.get("offset")
    if "offset" in query and not isinstance(offset, str):
        raise InvalidOffset(str(offset), "expected one text")
    tags = _tags(query["tags"]) if "tags" in query and "tags" in entity.fields else None
    tags_text = _first(query["tags"]) if tags else None
    return Listing(_size(size) if "size" in query else USUAL, offset, tags, size, tags_text)


def _size(text: Any) -> int:
    if not isinstance(text, str) or not _NUMBER.match(text):
        raise InvalidSize("size must be a number")
    size = float(text)
    if not (size.is_integer() and 1 <= size <= LARGEST):
        raise InvalidSize(f"size must be an integer between 1 and {LARGEST}")
    return int(size)


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, list) and value else value


def _tags(value: Any) -> TagFilter:
    text = _first(value)
    if isinstance(text, str) and _ALL.match(text):
        found = TagFilter(text.removesuffix(",").split(","))
    elif isinstance(text, str) and _ANY.match(text):
        found = TagFilter(text.removesuffix("/").split("/"), "or")
    else:
        raise InvalidOptions({"tags": "invalid filter syntax"})
    if len(found.tags) > MOST_TAGS:
        raise InvalidOptions({"tags": f"cannot query more than {MOST_TAGS} tags"})
    return found
