"""The few LDAP messages (RFC 4511) that trying a password takes, in BER."""

from __future__ import annotations

from asyncio import StreamReader
from dataclasses import dataclass

BIND_RESPONSE, EXTENDED_RESPONSE = 0x61, 0x78
SUCCESS, INVALID_CREDENTIALS = 0, 49
_BIND, _UNBIND, _EXTENDED = 0x60, 0x42, 0x77
_SEQUENCE, _INTEGER, _OCTETS, _ENUMERATED = 0x30, 0x02, 0x04, 0x0A
_SIMPLE, _REQUEST_NAME = 0x80, 0x80
_START_TLS = b"1.3.6.1.4.1.1466.20037"
_LONGEST = 1 << 20


class LdapError(Exception):
    """The directory does not speak LDAP, or refuses to talk."""


@dataclass(frozen=True)
class Result:
    """The directory's answer."""

    operation: int
    code: int
    text: str


def bind(number: int, name: str, password: str) -> bytes:
    """Ask to be who `name` is."""
    secret = _element(_SIMPLE, password.encode("utf-8", "surrogateescape"))
    who = _element(_OCTETS, name.encode("utf-8", "surrogateescape"))
    return _message(number, _element(_BIND, _integer(3) + who + secret))


def start_tls(number: int) -> bytes:
    """Ask to go on in TLS."""
    return _message(number, _element(_EXTENDED, _element(_REQUEST_NAME, _START_TLS)))


def unbind(number: int) -> bytes:
    """Say goodbye."""
    return _message(number, bytes([_UNBIND, 0]))


async def read(reader: StreamReader) -> Result:
    """Read one answer; raises LdapError, or EOFError when the connection ends."""
    if (await reader.readexactly(1))[0] != _SEQUENCE:
        raise LdapError("this is not LDAP")
    size = (await reader.readexactly(1))[0]
    if size & 0x80:
        size = int.from_bytes(await reader.readexactly(size & 0x7F), "big")
    if size > _LONGEST:
        raise LdapError("the answer is too long")
    return result(await reader.readexactly(size))


def result(content: bytes) -> Result:
    """The answer in a message; raises LdapError."""
    try:
        _number, rest = _split(content, _INTEGER)
        operation = rest[0]
        body, _controls = _split(rest, operation)
        code, body = _split(body, _ENUMERATED)
        _name, body = _split(body, _OCTETS)
        text, _referrals = _split(body, _OCTETS)
    except IndexError:
        raise LdapError("the answer is cut short") from None
    return Result(operation, int.from_bytes(code, "big"), text.decode("utf-8", "replace"))


def _split(data: bytes, tag: int) -> tuple[bytes, bytes]:
    if data[0] != tag:
        raise LdapError("the answer is malformed")
    size, start = data[1], 2
    if size & 0x80:
        start += size & 0x7F
        size = int.from_bytes(data[2:start], "big")
    if start + size > len(data):
        raise LdapError("the answer is malformed")
    return data[start : start + size], data[start + size :]


def _message(number: int, operation: bytes) -> bytes:
    return _element(_SEQUENCE, _integer(number) + operation)


def _integer(value: int) -> bytes:
    return _element(_INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def _element(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content
