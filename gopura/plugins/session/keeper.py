"""Where sessions are kept: all in cookies, or their owners in the database."""

from __future__ import annotations

import dataclasses
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gopura.plugin.cookies import cookie
from gopura.plugins.session import chunks
from gopura.plugins.session.lines import ENDED, attributes, lasting
from gopura.plugins.session.seal import Seal, size_of
from gopura.plugins.session.ticket import Limits, Owner, Ticket

if TYPE_CHECKING:
    from gopura._engine import Headers
    from gopura.plugin import Node
    from gopura.plugins.session import Session

_ROWS = "sessions"
_MOST_SECONDS = 34_560_000
"""How long a browser keeps a cookie: 400 days."""
_OWN_SECRET = secrets.token_urlsafe(33)
"""Stands in where the configuration has none, so that nobody can make cookies; made up once per start."""


@dataclass(frozen=True)
class Keeper:
    """Keeps sessions under one cookie, or under several of that name with numbers."""

    node: Node
    config: Session.Config
    cookie_name: str
    limits: Limits
    outlives: bool = False
    """Whether its cookies outlive the browser."""

    async def find(self, headers: Headers) -> Ticket | None:
        """The session that a request carries, when it is good; its owner may be unknown for this audience."""
        text, number = self._carried(headers)
        opened = self._seal("cookie").open(text) if text else None
        if opened is None:
            return None
        id_, content = opened
        owners = content.pop("owners", None)
        ticket = Ticket(id_, None, {}, **content, cookies=number)
        if ticket.over(self.limits):
            return None
        if owners is None and (owners := await self._stored_owners(ticket.name)) is None:
            return None
        others = {audience: Owner(**owner) for audience, owner in owners.items()}
        return dataclasses.replace(ticket, owner=others.pop(self._audience, None), others=others)

    async def save(self, ticket: Ticket, old: Ticket | None = None) -> dict[str, str]:
        """Keep a session, in place of another one; returns Set-Cookie lines by the cookies' names."""
        found = self.touch(ticket)
        if self.config.storage == "kong":
            await self._store(ticket, old)
        return found | self._ended(len(found) + 1, old.cookies if old else 0)

    def touch(self, ticket: Ticket) -> dict[str, str]:
        """Note that a session is in use; returns Set-Cookie lines by the cookies' names."""
        content = ticket.times()
        if self.config.storage != "kong":
            content["owners"] = self._owners(ticket)
        text = self._seal("cookie").close(ticket.id, content)
        until = lasting(ticket.created, self._seconds) if self.outlives else ""
        said = attributes(self.config) + until
        return {name: f"{name}={part}{said}" for name, part in chunks.split(self.cookie_name, text)}

    async def remove(self, ticket: Ticket) -> dict[str, str]:
        """End a session; returns Set-Cookie lines by the cookies' names."""
        if self.config.storage == "kong" and (row := await self._row(ticket.name)):
            await self.node.records.delete(_ROWS, row)
        return self._ended(1, max(ticket.cookies, 1))

    def _ended(self, first: int, last: int) -> dict[str, str]:
        names = [chunks.name_of(self.cookie_name, number) for number in range(first, last + 1)]
        return {name: f"{name}={attributes(self.config)}{ENDED}" for name in names}

    def _carried(self, headers: Headers) -> tuple[str, int]:
        """The sealed text, and in how many cookies it came; empty when some are missing."""
        first = cookie(headers, self.cookie_name) or ""
        number = chunks.count(self.cookie_name, size_of(first))
        names = [chunks.name_of(self.cookie_name, at) for at in range(2, number + 1)]
        text = first + "".join(cookie(headers, name) or "" for name in names)
        return (text, number) if len(text) == size_of(first) else ("", 0)

    @property
    def _audience(self) -> str:
        return self.config.audience or "default"

    @property
    def _seconds(self) -> int:
        """How long cookies and rows live."""
        return min(int(self.limits.rolling) or _MOST_SECONDS, _MOST_SECONDS)

    def _owners(self, ticket: Ticket) -> dict[str, Any]:
        owners = dict(ticket.others) | ({self._audience: ticket.owner} if ticket.owner else {})
        return {audience: dataclasses.asdict(owner) for audience, owner in owners.items()}

    async def _stored_owners(self, name: str) -> dict[str, Any] | None:
        row = await self._row(name)
        opened = self._seal("row").open(row["data"] or "") if row else None
        return opened and opened[1]

    async def _row(self, name: str) -> dict[str, Any] | None:
        return await self.node.records.find(_ROWS, "session_id", name)

    async def _store(self, ticket: Ticket, old: Ticket | None) -> None:
        row = {
            "session_id": ticket.name,
            "data": self._seal("row").close(ticket.id, self._owners(ticket)),
            "expires": int(time.time()) + self._seconds,
        }
        await self.node.records.insert(_ROWS, row, self._seconds)
        if old and (stale := await self._row(old.name)):
            await self._outdate(stale)

    async def _outdate(self, row: dict[str, Any]) -> None:
        if self.outlives:
            await self.node.records.delete(_ROWS, row)
            return
        left = max(1, int(10 if self.config.stale_ttl is None else self.config.stale_ttl))
        await self.node.records.update(_ROWS, row, {"expires": int(time.time()) + left}, left)

    def _seal(self, purpose: str) -> Seal:
        return Seal(self.config.secret or _OWN_SECRET, f"{self.cookie_name} {purpose}")
