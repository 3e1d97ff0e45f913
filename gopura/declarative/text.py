"""From a file's text to a document."""

import hashlib
from contextlib import suppress
from typing import Any

import orjson

from gopura.declarative.errors import InvalidConfiguration
from gopura.declarative.upgrade import upgraded
from gopura.declarative.yaml_reader import YamlError, read

_FAILED = "failed parsing declarative configuration"


def parse(text: str | bytes) -> dict[str, Any]:
    """Read YAML or JSON in the present format; InvalidConfiguration when it is neither, or not an object."""
    with suppress(orjson.JSONDecodeError):  # JSON is read much faster than YAML
        found = orjson.loads(text)
        if isinstance(found, dict):
            return of_json(found)
    try:
        document = read(text)
    except YamlError as error:
        raise InvalidConfiguration({"error": f"{_FAILED}: {error}"}) from error
    if not isinstance(document, dict):
        raise InvalidConfiguration({"error": f"{_FAILED}: expected an object"})
    return upgraded(document)


def of_json(document: dict[str, Any]) -> dict[str, Any]:
    """A document that was JSON in the present format; InvalidConfiguration when it is too deep to be written again."""
    try:
        orjson.dumps(document)
    except orjson.JSONEncodeError:
        raise InvalidConfiguration({"error": f"{_FAILED}: nested too deep"}) from None
    return upgraded(document)


def content_hash(document: dict[str, Any]) -> str:
    """32 hexadecimal digits that tell documents apart."""
    text = orjson.dumps(document, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    return hashlib.sha256(text).hexdigest()[:32]
