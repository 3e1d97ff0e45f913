"""What operations on entities are called; all others are called what their docstrings begin with."""

import inspect
import re
from typing import Any

from gopura.admin.collection import Collection
from gopura.admin.item import Item
from gopura.admin.nested import Child, Children, Parent
from gopura.admin.router import Endpoint, Handler
from gopura.schema import EntityType

_OWN = {
    "list": "List {many}",
    "create": "Create {one}",
    "get": "Read {one}",
    "put": "Replace or create {one}",
    "patch": "Change {one}",
    "delete": "Delete {one}",
}
_BELOW = {name: f"{text} of {{owner}}" for name, text in _OWN.items()}
_ABOVE = {
    "get": "Read the {bare} of {owner}",
    "put": "Replace the {bare} of {owner}, or give it one",
    "patch": "Change the {bare} of {owner}",
    "delete": "Refused: the {bare} of {owner} is deleted at its own path",
}
_MORE = {
    "list": "One page; `next` is the path of the following one, or null.",
    "put": "All of it: what is not given gets its default.",
    "patch": "Only the given fields. Records are merged field by field, lists and maps are replaced.",
    "delete": "That there is nothing to delete is no error.",
}


def summary(endpoint: Endpoint, handler: Handler) -> str:
    """The operation in a few words."""
    owner: Any = getattr(handler, "__self__", None)
    name = getattr(handler, "__name__", "")
    if isinstance(owner, Collection | Item) and name in _OWN:
        return _filled(_OWN[name], owner.resource.entity, owner.resource.entity)
    if isinstance(owner, Children | Child) and name in _BELOW:
        return _filled(_BELOW[name], owner.child.entity, owner.parent.entity)
    if isinstance(owner, Parent) and name in _ABOVE:
        return _filled(_ABOVE[name], owner.parent.entity, owner.child.entity)
    return _paragraphs(handler)[0].removesuffix(".")


def description(endpoint: Endpoint, handler: Handler) -> str:
    """What there is to say beyond the summary."""
    first, *rest = _paragraphs(handler)
    if summary(endpoint, handler) == first.removesuffix("."):
        return "\n\n".join(rest)
    name = getattr(handler, "__name__", "")
    above = isinstance(getattr(handler, "__self__", None), Parent)
    return "" if above and name == "delete" else _MORE.get(name, "")


def one(entity: EntityType) -> str:
    """A single entity: `hmac auth credential`."""
    name = entity.model.__name__.removesuffix("Entity").replace("OAuth", "Oauth")
    return " ".join(re.findall("(?:[A-Z]+(?=[A-Z])|[A-Z])[a-z0-9]*", name)).lower()


def many(entity: EntityType) -> str:
    """Several of them."""
    return re.sub(r"y$", "ie", one(entity)) + "s"


def a(noun: str) -> str:
    """A noun with its article."""
    return f"an {noun}" if re.match("[aeiou]", noun) else f"a {noun}"


def _filled(text: str, entity: EntityType, owner: EntityType) -> str:
    return text.format(one=a(one(entity)), bare=one(entity), many=many(entity), owner=a(one(owner)))


def _paragraphs(handler: Handler) -> list[str]:
    text = inspect.getdoc(handler) or "What it does is not said."
    return [" ".join(part.split()) for part in text.split("\n\n")]
