"""What a handler says of itself beside its docstring: for the description of the API and the reference pages."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True)
class Facts:
    """What is known of a handler. The texts are Markdown."""

    path: Mapping[str, str] = field(default_factory=dict)
    """Meanings of the path's parameters that name no entity."""
    query: Mapping[str, str] = field(default_factory=dict)
    """Parameters of the query with their meanings."""
    body: Any = None
    """An example of the body; None: it takes none."""
    answer: Any = None
    """An example of what it answers."""
    status: int = 200
    """The status of that answer."""
    statuses: Mapping[int, str] = field(default_factory=dict)
    """Further statuses, beside those that any request may get."""
    media: tuple[str, ...] = ()
    """The media types of an answer that is no JSON."""


def described(**facts: Any) -> Callable[[Function], Function]:
    """Note facts about a handler; the names are those of Facts."""

    def noted(handler: Function) -> Function:
        handler.__dict__["described"] = Facts(**facts)
        return handler

    return noted


def facts_of(handler: Callable[..., Any]) -> Facts:
    """What was noted about a handler, or nothing."""
    found = getattr(handler, "described", None)
    return found if isinstance(found, Facts) else Facts()
