"""How much a body may hold: no answer should take more than a moment, however it was written.

One value needs some microseconds to be checked, and a text as much as its rules need to read it.
"""

from typing import Any

from gopura.admin import answers

MOST_TEXT = 1 << 20
"""Characters of one text."""
MOST_TEXTS = 1 << 22
"""Characters of all texts together."""
BYTES_PER_VALUE = 200
"""A body may hold one value for each so many bytes of the largest body: 52,428 with the usual 10 MB."""
BYTES_PER_BRACKET = 10
"""And before it is decoded, one opening bracket for each so many bytes."""
_TOO_SMALL = 1 << 16
"""Bytes in which neither limit can be passed, as a value has at least one and a comma."""


def check(value: Any, size: int, most: int) -> None:
    """Refuse a decoded body of `size` bytes, when one of `most` bytes is the largest, with too much in it."""
    if size > _TOO_SMALL:
        _count(value, most // BYTES_PER_VALUE)


def check_brackets(raw: bytes, most: int) -> None:
    """Refuse JSON that would take long to decode, when a body of `most` bytes is the largest."""
    if raw.count(b"[") + raw.count(b"{") > most // BYTES_PER_BRACKET:
        raise _refusal("the body nests too much")


def _count(value: Any, most: int) -> None:
    count, characters, unseen = 0, 0, [value]
    while unseen:
        item = unseen.pop()
        if isinstance(item, dict):
            unseen += [*item, *item.values()]
        elif isinstance(item, list):
            unseen += item
        elif isinstance(item, str):
            characters += len(item)
            _check_text(len(item), characters)
        count += 1
        if count > most:
            raise _refusal(f"the body holds more than {most} values: raise nginx_admin_client_max_body_size")


def _check_text(length: int, all_together: int) -> None:
    if length > MOST_TEXT:
        raise _refusal(f"a text of {length} characters: the most is {MOST_TEXT}")
    if all_together > MOST_TEXTS:
        raise _refusal(f"texts of more than {MOST_TEXTS} characters")


def _refusal(text: str) -> answers.Refusal:
    return answers.Refusal(answers.message(text, 400))
