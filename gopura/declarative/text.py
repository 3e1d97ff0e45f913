"""From a file's text to a document."""

import hashlib
from contextlib import suppress
from typing import Any

import orjson
import yaml

from gopura.declarative.errors import InvalidConfiguration
from gopura.declarative.upgrade import upgraded

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_FAILED = "failed parsing declarative configuration"


class _Strict(_Loader):  # type: ignore[misc]
    """YAML whose scalars are what JSON knows: no dates."""


_Strict.yaml_implicit_resolvers = {
    start: [pair for pair in pairs if pair[0] != "tag:yaml.org,2002:timestamp"]
    for start, pairs in _Loader.yaml_implicit_resolvers.items()
}


def parse(text: str | bytes) -> dict[str, Any]:
    """Read YAML or JSON in the present format; InvalidConfiguration when it is neither, or not an object."""
    with suppress(orjson.JSONDecodeError):  # JSON is read much faster than YAML
        found = orjson.loads(text)
        if isinstance(found, dict):
            return upgraded(found)
    try:
        # Both loaders that this class stands on construct plain values only.
        document = yaml.load(text, _Strict)  # noqa: S506
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidConfiguration({"error": f"{_FAILED}: {error}"}) from error
    if not isinstance(document, dict):
        raise InvalidConfiguration({"error": f"{_FAILED}: expected an object"})
    return upgraded(document)


def content_hash(document: dict[str, Any]) -> str:
    """32 hexadecimal digits that tell documents apart."""
    text = orjson.dumps(document, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    return hashlib.sha256(text).hexdigest()[:32]
