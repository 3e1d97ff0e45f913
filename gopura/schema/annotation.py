"""From a class attribute's annotation to a Field."""

import types
from collections.abc import Iterable
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from gopura.schema.description_error import DescriptionError
from gopura.schema.field import UNSET, Field
from gopura.schema.rule import Rule
from gopura.schema.rules import Abstract, Auto, DefaultNull, Foreign, Json, Optional, Required, SetOf
from gopura.schema.rules.marks import Description, Named

_SCALARS = {str: "string", bool: "boolean", int: "integer", float: "number"}
_SUPPORTED = (
    "use str, int, float, bool, list[...], dict[str, ...], a class made of config.Record, or "
    "Annotated[config.ForeignKey, config.Foreign(...)]; with `| None` where null is allowed"
)


def field_of(owner: type, name: str, info: FieldInfo) -> Field:
    """The description of a model's attribute; DescriptionError when its annotation says nothing."""
    try:
        return _attribute(owner, name, info)
    except DescriptionError as error:
        message = f"{name}: {error.message}"
        raise DescriptionError(message, error.fix, owner.__qualname__, name) from None


def _attribute(owner: type, name: str, info: FieldInfo) -> Field:
    base, rules, nullable = _opened(info.annotation, info.metadata)
    required = _has(rules, Required) or not (nullable or _has(rules, Auto) or _has(rules, Optional))
    named = next((rule.name for rule in rules if isinstance(rule, Named)), name)
    return _field(
        named,
        base,
        rules,
        attribute=name,
        owner=owner,
        required=required,
        default=_default(info, rules),
        text=info.description or _described(rules),
    )


def element_of(annotation: Any) -> Field:
    """The description of what a collection holds; null is never an element."""
    base, rules, _ = _opened(annotation, ())
    return _field("", base, rules, required=True, text=_described(rules))


def _field(name: str, base: Any, rules: list[Rule], **facts: Any) -> Field:
    kind = _kind(base, rules)
    own = base.rules if kind == "record" and not _has(rules, Abstract) else ()
    ordered = tuple(sorted((*rules, *own), key=lambda rule: rule.order))
    inside: dict[str, Any] = {}
    if kind in ("array", "set"):
        inside["elements"] = element_of(get_args(base)[0])
    elif kind == "map":
        keys, values = get_args(base)
        inside |= {"keys": element_of(keys), "values": element_of(values)}
    elif kind == "record" and not _has(rules, Abstract):
        inside["record"] = base.shape()
    return Field(name, kind, ordered, **inside, **facts)


def _kind(base: Any, rules: list[Rule]) -> str:
    if _has(rules, Foreign):
        return "foreign"
    if _has(rules, Json):
        return "json"
    if base in _SCALARS:
        return _SCALARS[base]
    if get_origin(base) is list and len(get_args(base)) == 1:
        return "set" if _has(rules, SetOf) else "array"
    if get_origin(base) is dict and not _has(rules, Abstract):
        return "map"
    if base is Any:
        return "any"
    if _has(rules, Abstract) or hasattr(base, "shape"):
        return "record"
    raise _unsupported(base)


def _unsupported(annotation: Any) -> DescriptionError:
    name = annotation.__name__ if isinstance(annotation, type) else str(annotation)
    return DescriptionError(f"{name} is no type of a field", _SUPPORTED)


def _opened(annotation: Any, metadata: Iterable[Any]) -> tuple[Any, list[Rule], bool]:
    """The innermost type, the rules around it (outer ones replace inner ones of a class), whether null is allowed."""
    rules = {type(rule): rule for rule in metadata if isinstance(rule, Rule)}
    nullable = False
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation, *inner = get_args(annotation)
            rules = {type(rule): rule for rule in inner if isinstance(rule, Rule)} | rules
        elif origin in (Union, types.UnionType):
            annotation = _one(annotation)
            nullable = True
        else:
            return annotation, list(rules.values()), nullable


def _one(union: Any) -> Any:
    """The only type in a union beside null."""
    types_ = [arg for arg in get_args(union) if arg is not type(None)]
    if len(types_) != 1:
        raise _unsupported(union)
    return types_[0]


def _default(info: FieldInfo, rules: list[Rule]) -> Any:
    if info.default is PydanticUndefined:
        return UNSET
    if info.default is None and not _has(rules, DefaultNull):
        return UNSET
    return info.default


def _described(rules: list[Rule]) -> str:
    return next((rule.text for rule in rules if isinstance(rule, Description)), "")


def _has(rules: list[Rule], kind: type[Rule]) -> bool:
    return any(isinstance(rule, kind) for rule in rules)
