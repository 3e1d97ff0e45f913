"""No pattern that a field is checked with takes longer than the text is long, squared or worse."""

import re
import time
from collections.abc import Iterator

import pytest

from gopura import entities
from gopura.entities.plugins import enabled
from gopura.schema import Field, Shape
from gopura.schema.rules.patterns import Pattern

LENGTH = 60_000
SECONDS = 3.0
"""Of processor time for one text; what is quadratic needs three and a half billion steps, a minute or more."""
PIECES = ("a", "A", "1", ".", "-", "*", "/", "@", ":", " ", "%", "a.", "a-", "1.", "/a", "*.", "é")
ENDS = ("", "\n", "!", "*", "*a*", "\0")


def _patterns() -> dict[str, str]:
    """Every pattern of an entity or a plugin, with a field that has it."""
    shapes = [(name, entity.shape) for name, entity in entities.all().items()]
    shapes += [(name, plugin.Config.shape()) for name, plugin in enabled().items()]
    return {regex: name for name, shape in shapes for regex in _of_shape(shape)}


def _of_shape(shape: Shape) -> Iterator[str]:
    for field in shape.fields.values():
        yield from _of_field(field)


def _of_field(field: Field) -> Iterator[str]:
    for rule in field.rules:
        found = [getattr(rule, "pattern", None), *getattr(rule, "patterns", ())]
        yield from (one.regex or one.lua for one in found if isinstance(one, Pattern))
    for inside in (field.elements, field.keys, field.values):
        yield from _of_field(inside) if inside else ()
    yield from _of_shape(field.record) if field.record else ()


@pytest.mark.parametrize(("regex", "place"), _patterns().items())
def test_linear(regex: str, place: str) -> None:
    for piece in PIECES:
        for end in ENDS:
            began = time.process_time()
            re.search(regex, piece * (LENGTH // len(piece)) + end)
            assert time.process_time() - began < SECONDS, (place, piece, end)
