"""HTTP bindings of gRPC methods: which request calls which method, with what.

They are the option `google.api.http` of a .proto file; its path templates are described in google/api/http.proto.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from gopura.plugin import Pattern
from gopura.plugin.proto_file import Method

if TYPE_CHECKING:
    from google.api.http_pb2 import HttpRule
    from google.protobuf.descriptor import Descriptor

_VERBS = ("get", "put", "post", "delete", "patch")


class NoBindingError(LookupError):
    """No method is called so."""


@dataclass(frozen=True)
class Binding:
    """One way to call a method."""

    method: Method
    verb: str
    pattern: Pattern
    variables: tuple[str, ...]
    """The fields that the groups of `pattern` set, with dots between the names of nested ones."""
    body: str
    """The field that the body sets: `*` for the message itself, empty for none."""

    def values(self, found: list[str]) -> dict[str, Any]:
        """The fields that the path sets; `found` are their texts."""
        values: dict[str, Any] = {}
        for name, text in zip(self.variables, found, strict=True):
            assign(values, name, [unquote(text)], self.method.input)
        return values


class Bindings:
    """The bindings of a file's methods."""

    def __init__(self, methods: tuple[Method, ...]) -> None:
        self._by_verb: dict[str, list[Binding]] = {}
        for method in methods:
            for binding in _bindings(method):
                self._by_verb.setdefault(binding.verb, []).append(binding)

    def find(self, verb: str, path: str) -> tuple[Binding, dict[str, Any]]:
        """The first binding that matches, and the fields that the path sets; NoBindingError without one."""
        bindings = self._by_verb.get(verb.lower())
        if bindings is None:
            raise NoBindingError(f'Unknown method "{verb.lower()}"')
        for binding in bindings:
            if found := binding.pattern.groups(path):
                return binding, binding.values(found[1:])
        raise NoBindingError(f'Unknown path "{path}"')


def assign(values: dict[str, Any], name: str, given: list[str], to: Descriptor) -> None:
    """Set a field, `a.b` in a nested message, from texts of a URL; what the message does not have is left out."""
    first, _, rest = name.partition(".")
    field = to.fields_by_name.get(first)
    if field is None:
        return
    if rest:
        if field.message_type is not None and not field.is_repeated:
            assign(values.setdefault(first, {}), rest, given, field.message_type)
        return
    read = [_truth(text) if field.type == field.TYPE_BOOL else text for text in given]
    values[first] = read if field.is_repeated else read[-1]


def _truth(text: str) -> bool:
    return text not in ("0", "false")


def _bindings(method: Method) -> Iterator[Binding]:
    for rule in (method.rule, *method.rule.additional_bindings):
        verb = rule.WhichOneof("pattern")
        if verb in _VERBS:
            yield _binding(method, rule, verb)


def _binding(method: Method, rule: HttpRule, verb: str) -> Binding:
    template: str = getattr(rule, verb)
    plain, *variables = template.split("{")
    pattern, names = _segments(plain), []
    for variable in variables:
        inside, _, plain = variable.partition("}")
        name, _, segments = inside.partition("=")
        names.append(name)
        pattern += f"({_segments(segments or '*')}){_segments(plain)}"
    return Binding(method, verb, Pattern(rf"^{pattern}\z"), tuple(names), rule.body)


def _segments(text: str) -> str:
    """The pattern of path segments: `*` is one of them, `**` are several."""
    return ".+".join("[^/]+".join(map(_literal, part.split("*"))) for part in text.split("**"))


def _literal(text: str) -> str:
    return rf"\Q{text}\E" if text else ""
