"""TLS by the OpenSSL that Python has, for peers whom the engine's own (rustls) does not understand.

rustls leaves old things out on purpose: CBC, RSA key exchange, X.509 v1, common names, RSA keys below 2048 bits,
some curves, server names that are none. Upstreams and clients that need them get a `Session`. It moves no bytes itself:
the engine gives it what has come, and takes what is to go.
"""

from __future__ import annotations

import os
import ssl
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache

Pair = tuple[str, str]

# OpenSSL's own default at the time of Kong 3.5, whatever a distribution has made of it since.
_CIPHERS = "DEFAULT:@SECLEVEL=1"


class Session:
    """One connection. Its methods raise ConnectionError, whose text is for people."""

    def __init__(self, context: ssl.SSLContext, name: str | None, depth: int | None) -> None:
        self._received, self._pending, self._depth = ssl.MemoryBIO(), ssl.MemoryBIO(), depth
        serves = context.protocol == ssl.PROTOCOL_TLS_SERVER
        with _worded():
            self._tls = context.wrap_bio(
                self._received, self._pending, server_side=serves, server_hostname=name
            )

    def feed(self, received: bytes) -> None:
        """Take what has come; nothing is the end."""
        if received:
            self._received.write(received)
        else:
            self._received.write_eof()

    def handshake(self) -> bool:
        """Whether it is done."""
        with _worded():
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                return False
            if self._depth is not None and _between(self._tls) > self._depth:
                self._pending.read()  # the upstream is not told that all is well
                raise ConnectionError("there are more certificates between it and the authority than allowed")
        return True

    def pending(self) -> bytes:
        """What is to be sent."""
        return self._pending.read()

    def read(self, limit: int) -> tuple[bytes | None, bytes]:
        """What the peer says, None for nothing yet and empty for its end; and what is to be sent."""
        with _worded():
            try:
                return self._tls.read(limit), self._pending.read()
            except ssl.SSLWantReadError:
                return None, self._pending.read()
            except ssl.SSLZeroReturnError:
                return b"", b""

    def write(self, content: bytes) -> tuple[int, bytes]:
        """How much was taken, and what is to be sent."""
        with _worded():
            return self._tls.write(content), self._pending.read()

    def close(self) -> bytes:
        """What says good-bye."""
        with suppress(ssl.SSLError):  # the peer has not said so yet, or never will
            self._tls.unwrap()
        return self._pending.read()

    def facts(self) -> tuple[str, str, str]:
        """Version, cipher by OpenSSL's name, and the protocol that was agreed on."""
        version, cipher, chosen = self._tls.version(), self._tls.cipher(), self._tls.selected_alpn_protocol()
        return version or "", cipher[0] if cipher else "", chosen or ""


def to_upstream(
    name: str, protocols: Sequence[str], authorities: str | None, depth: int, pair: Pair | None
) -> Session:
    """Connect to a server of this name: verified, with `authorities` in PEM; a `pair` is shown when it asks for one."""
    with _worded():
        context = _client(tuple(protocols), authorities, pair)
    return Session(context, name, None if authorities is None else depth)


def to_client(protocols: Sequence[str], pair: Pair, versions: Sequence[str], ciphers: str) -> Session:
    """Answer a client that has connected; `versions` are those that are served, such as TLSv1.2."""
    with _worded():
        return Session(_server(tuple(protocols), pair, tuple(versions), ciphers), None, None)


@lru_cache(maxsize=1000)
def _client(protocols: tuple[str, ...], authorities: str | None, pair: Pair | None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_ciphers(_CIPHERS)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if authorities is None:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    elif authorities:
        context.load_verify_locations(cadata=authorities)
    if protocols:
        context.set_alpn_protocols(list(protocols))
    if pair:
        _load(context, pair)
    return context


@lru_cache(maxsize=1000)
def _server(
    protocols: tuple[str, ...], pair: Pair, versions: tuple[str, ...], ciphers: str
) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers(f"{ciphers}:@SECLEVEL=1")
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_TICKET
    known = {"TLSv1.2": ssl.TLSVersion.TLSv1_2, "TLSv1.3": ssl.TLSVersion.TLSv1_3}
    served = sorted(known[version] for version in versions if version in known)
    context.minimum_version, context.maximum_version = served[0], served[-1]
    context.set_alpn_protocols(list(protocols))
    _load(context, pair)
    return context


def _load(context: ssl.SSLContext, pair: Pair) -> None:
    """OpenSSL's binding takes files only: one that never comes to a disk, where there is such a thing."""
    with _file("".join(pair)) as path:
        context.load_cert_chain(path)


@contextmanager
def _file(text: str) -> Iterator[str]:
    if hasattr(os, "memfd_create"):
        number = os.memfd_create("pair")
        try:
            os.write(number, text.encode())
            yield f"/proc/self/fd/{number}"
        finally:
            os.close(number)
    else:
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(text)
            file.flush()
            yield file.name


def _between(tls: ssl.SSLObject) -> int:
    """How many certificates stand between the peer's own and the authority's; public from Python 3.13 on."""
    owner = tls if hasattr(tls, "get_verified_chain") else tls._sslobj  # type: ignore[attr-defined]
    return max(len(owner.get_verified_chain()) - 2, 0)


@contextmanager
def _worded() -> Iterator[None]:
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise ConnectionError(f"its certificate is not believed: {error.verify_message}") from None
    except ssl.SSLEOFError:
        raise ConnectionError("the connection ended without a good-bye") from None
    except ssl.SSLError as error:
        raise ConnectionError((error.reason or str(error)).replace("_", " ").lower()) from None
    except ValueError as error:
        raise ConnectionError(str(error)) from None
