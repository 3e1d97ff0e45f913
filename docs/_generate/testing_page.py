"""The page of the harness for tests of plugins."""

import inspect
import re
from collections.abc import Iterator

from tables import table

import gopura.testing
from gopura.schema.docstrings import attribute_docstrings
from gopura.testing import Answer, ConfigurationError, Gateway, Processes, Received, Reply, Upstream

CLASSES = (Gateway, Processes, Answer, Upstream, Received, Reply, ConfigurationError)


def pages() -> dict[str, str]:
    """The page by its path."""
    head = (inspect.getdoc(gopura.testing) or "").replace("::\n", ":\n")
    return {"testing.md": "\n\n".join(["# Testing plugins", head, *map(_chapter, CLASSES)])}


def _chapter(cls: type) -> str:
    written = "" if issubclass(cls, Exception) else f"```python\n{cls.__name__}{_signature(cls)}\n```\n\n"
    rows = list(_members(cls))
    members = table(("name", "meaning"), rows) if rows else ""
    return f"## {cls.__name__}\n\n{written}{inspect.getdoc(cls)}\n\n{members}"


def _members(cls: type) -> Iterator[tuple[str, str]]:
    yield from ((f"`{name}`", text) for name, text in attribute_docstrings(cls).items())
    for name, value in inspect.getmembers(cls):
        text = inspect.getdoc(value) or ""
        if name.startswith("_") or not text or hasattr(Exception, name):
            continue
        if inspect.isfunction(value):
            yield f"`{name}{_signature(value)}`", text
        elif isinstance(value, property):
            yield f"`{name}`", text


def _signature(value: object) -> str:
    written = re.sub("(: |-> )'([^']*)'", r"\1\2", str(inspect.signature(value)))  # type: ignore[arg-type]
    return written.replace("(self, ", "(").replace("(self)", "()").replace("typing.", "")
