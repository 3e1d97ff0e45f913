"""Connections to a directory."""

from __future__ import annotations

import asyncio
import ssl
import time
from asyncio import StreamReader, StreamWriter
from collections import deque
from dataclasses import dataclass, field
from functools import lru_cache

from gopura.plugins.ldap_auth import messages
from gopura.plugins.ldap_auth.messages import LdapError, Result


@dataclass(frozen=True)
class Address:
    """Where a directory is, and how to talk to it."""

    host: str
    port: int
    ldaps: bool
    start_tls: bool
    verify: bool
    authorities: tuple[str, ...] = ("system",)
    """Files with the authorities to verify by; `system` stands for the system's."""


@dataclass
class Connection:
    """One connection; it can be used for one bind after the other."""

    reader: StreamReader
    writer: StreamWriter
    number: int = 0
    idle_since: float = 0.0

    @classmethod
    async def open(cls, address: Address) -> Connection:
        """Connect, by TLS where that is wanted; raises OSError or LdapError."""
        context = tls(address.verify, address.authorities)
        name = address.host if address.ldaps else None
        reader, writer = await asyncio.open_connection(
            address.host, address.port, ssl=context if address.ldaps else None, server_hostname=name
        )
        connection = cls(reader, writer)
        if address.start_tls:
            try:
                await connection.ask(messages.start_tls(1), messages.EXTENDED_RESPONSE, messages.SUCCESS)
                await writer.start_tls(context, server_hostname=address.host)
            except BaseException:
                connection.close()
                raise
            connection.number = 1
        return connection

    async def bind(self, name: str, password: str) -> Result:
        """Try a password."""
        self.number += 1
        return await self.ask(messages.bind(self.number, name, password), messages.BIND_RESPONSE)

    async def ask(self, message: bytes, expected: int, code: int | None = None) -> Result:
        """Send a message and wait for its answer; raises LdapError for another one."""
        self.writer.write(message)
        result = await messages.read(self.reader)
        if result.operation != expected or (code is not None and result.code != code):
            raise LdapError(f"the directory refuses (code {result.code}): {result.text}")
        return result

    def close(self) -> None:
        """Say goodbye, without waiting for an answer as TLS would: the directory may be the one that hangs."""
        if not self.writer.is_closing():
            self.writer.write(messages.unbind(self.number + 1))
        self.writer.transport.abort()


@dataclass
class Directory:
    """One directory, with connections that wait for the next use."""

    address: Address
    idle: deque[Connection] = field(default_factory=deque)

    async def accepts(self, name: str, password: str, keepalive: float) -> Result:
        """Try a password; idle connections are kept for `keepalive` seconds. Raises OSError, LdapError, EOFError."""
        while connection := self._waiting(keepalive):
            try:
                return await self._bind(connection, name, password, keepalive)
            except (OSError, EOFError):
                continue  # it died while it waited
        return await self._bind(await Connection.open(self.address), name, password, keepalive)

    async def _bind(self, connection: Connection, name: str, password: str, keepalive: float) -> Result:
        try:
            result = await connection.bind(name, password)
        except BaseException:
            connection.close()
            raise
        if keepalive > 0:
            connection.idle_since = time.monotonic()
            self.idle.append(connection)
        else:
            connection.close()
        return result

    def _waiting(self, keepalive: float) -> Connection | None:
        while self.idle:
            connection = self.idle.pop()
            if time.monotonic() - connection.idle_since < keepalive and not connection.reader.at_eof():
                return connection
            connection.close()
        return None

    def close(self) -> None:
        """Close what waits."""
        while self.idle:
            self.idle.pop().close()


@lru_cache
def tls(verify: bool, authorities: tuple[str, ...]) -> ssl.SSLContext:
    """How to talk TLS: verifying by these authorities, or trusting anybody."""
    context = (
        ssl.create_default_context() if "system" in authorities else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    )
    for path in authorities:
        if path != "system":
            context.load_verify_locations(path)
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
