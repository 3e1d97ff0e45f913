"""Bodies with named fields: forms, multipart forms and JSON objects, read, changed and written again."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote, unquote_to_bytes

import orjson

from gopura._engine import Pattern

if TYPE_CHECKING:
    from gopura._engine import Request

_BOUNDARY = Pattern(r'boundary="?([^";]+)"?', "i")
_NAME = Pattern(r'form-data;.*?\bname="([^"]*)"', "is")


class Fields(Protocol):
    """A body's fields by name. A field that came more than once is a list."""

    def __contains__(self, name: str, /) -> bool:
        """Tell whether there is a field of that name."""

    def get(self, name: str) -> Any:
        """Return the field's value, or None."""

    def set(self, name: str, value: Any) -> None:
        """Replace or add a field."""

    def remove(self, name: str) -> None:
        """Take a field out, if it is there."""

    def encode(self) -> bytes:
        """Return the body as it is now."""


def decoded(body: bytes, content_type: str | None, form_limit: int) -> Any:
    """What a form, a multipart form or JSON says, as plain values; None for other media and malformed bodies."""
    if (content_type or "").lower().startswith("application/json"):
        try:
            value = orjson.loads(body)
        except orjson.JSONDecodeError:
            return None
        return value if isinstance(value, dict | list) else None
    fields = parse(body, content_type, form_limit)
    return fields.values if isinstance(fields, Form | Multipart) else None


def sent(request: Request) -> Fields | None:
    """Read a request's body; None when it has no fields or is malformed."""
    return parse(request.body, request.headers.get("content-type"), request.form_limit)


def parse(body: bytes | None, content_type: str | None, form_limit: int) -> Fields | None:
    """Read a body by its media type; None when it has no fields or is malformed. Of a form, so many fields are read."""
    if body is None or content_type is None:
        return None
    media = content_type.lower()
    if media.startswith("application/x-www-form-urlencoded"):
        return Form(body, form_limit)
    if media.startswith("application/json"):
        return Json.read(body)
    if media.startswith("multipart/form-data") and (boundary := _BOUNDARY.groups(content_type)):
        return Multipart(body, boundary[1].encode("utf-8", "surrogateescape"))
    return None


class _Values:
    """Fields by name."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def get(self, name: str) -> Any:
        """Return the field's value, or None; in a form, True for one without `=`."""
        return self.values.get(name)

    def set(self, name: str, value: Any) -> None:
        """Replace or add a field."""
        self.values[name] = value

    def remove(self, name: str) -> None:
        """Take a field out, if it is there."""
        self.values.pop(name, None)


class Form(_Values):
    """`application/x-www-form-urlencoded`; written in the order of names, as Kong does."""

    def __init__(self, body: bytes, limit: int) -> None:
        super().__init__({})
        for name, value in islice(_pairs(body), limit):
            known = self.values.get(name)
            self.values[name] = value if known is None else [*_listed(known), value]

    def encode(self) -> bytes:
        """Return the form with its fields in the order of their names."""
        pairs = [(name, value) for name in sorted(self.values) for value in _listed(self.values[name])]
        return "&".join(_argument(name, value) for name, value in pairs if value is not False).encode()


class Json(_Values):
    """`application/json` with an object in it."""

    @classmethod
    def read(cls, body: bytes) -> Json | None:
        """Parse; None when it is no JSON object."""
        try:
            values = orjson.loads(body)
        except orjson.JSONDecodeError:
            return None
        return cls(values) if isinstance(values, dict) else None

    def __contains__(self, name: str) -> bool:
        # What counts as there in Lua: null does, false does not.
        return self.values.get(name, False) is not False

    def encode(self) -> bytes:
        """Return the object as JSON."""
        return orjson.dumps(self.values)


class Multipart:
    """`multipart/form-data`; parts that nobody touches stay byte for byte."""

    def __init__(self, body: bytes, boundary: bytes) -> None:
        self._boundary = boundary
        self._parts = list(_parts(body, boundary))

    def __contains__(self, name: str) -> bool:
        return any(_name_of(part) == name for part in self._parts)

    @property
    def values(self) -> dict[str, Any]:
        """The contents as text by name; a list where a name came more than once."""
        found: dict[str, Any] = {}
        for part in self._parts:
            name, content = _name_of(part), _content_of(part)
            if name is not None:
                found[name] = [*_listed(found[name]), content] if name in found else content
        return found

    def get(self, name: str) -> Any:
        """Return the content of the first part of that name as text."""
        for part in self._parts:
            if _name_of(part) == name:
                return _content_of(part)
        return None

    def set(self, name: str, value: Any) -> None:
        """Replace the parts of that name by one, or add one."""
        head = f'Content-Disposition: form-data; name="{name}"\r\n\r\n'
        part = (head + str(value)).encode("utf-8", "surrogateescape")
        places = [at for at, known in enumerate(self._parts) if _name_of(known) == name]
        if places:
            self._parts[places[0]] = part
        else:
            self._parts.append(part)

    def remove(self, name: str) -> None:
        """Take out every part of that name."""
        self._parts = [part for part in self._parts if _name_of(part) != name]

    def encode(self) -> bytes:
        """Return the parts between their boundaries."""
        opening = b"--" + self._boundary + b"\r\n"
        return b"".join([*(opening + part + b"\r\n" for part in self._parts), opening[:-2] + b"--\r\n"])


def _pairs(body: bytes) -> Iterator[tuple[str, str | bool]]:
    for part in body.split(b"&"):
        name, equals, value = part.partition(b"=")
        if name:
            yield _unescape(name), _unescape(value) if equals else True


def _unescape(text: bytes) -> str:
    return unquote_to_bytes(text.replace(b"+", b" ")).decode("utf-8", "surrogateescape")


def _argument(name: str, value: Any) -> str:
    escaped = quote(name.encode("utf-8", "surrogateescape"), safe="")
    if value is True:
        return escaped
    return f"{escaped}={quote(str(value).encode('utf-8', 'surrogateescape'), safe='')}"


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _parts(body: bytes, boundary: bytes) -> Iterator[bytes]:
    pieces = (b"\r\n" + body).split(b"\r\n--" + boundary)
    for piece in pieces[1:]:
        if piece.startswith(b"--"):
            return
        yield piece.removeprefix(b"\r\n")


def _content_of(part: bytes) -> str:
    return part.partition(b"\r\n\r\n")[2].decode("utf-8", "surrogateescape")


def _name_of(part: bytes) -> str | None:
    found = _NAME.groups(part.partition(b"\r\n\r\n")[0])
    return found[1] if found else None
