"""Where sessions are kept: all in the cookie, or their owners in the database."""

from __future__ import annotations

import dataclasses
import secrets
import time
from dataclasses import dataclass
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

from gopura.plugin.cookies import cookie
from gopura.plugins.session.seal import Seal
from gopura.plugins.session.ticket import Limits, Owner, Ticket

if TYPE_CHECKING:
    from gopura._engine import Headers
    from gopura.plugin import Node
    from gopura.plugins.session import Session

_ROWS = "sessions"
_OWN_SECRET = secrets.token_urlsafe(33)
"""Stands in where the configuration has none, so that nobody can make cookies; made up once per start."""


@dataclass(frozen=True)
class Keeper:
    """Keeps sessions under one cookie."""

    node: Node
    config: Session.Config
    cookie_name: str
    limits: Limits
    max_age: int | None = None
    """For a cookie that outlives the browser, in seconds."""

    async def find(self, headers: Headers) -> Ticket | None:
        """The session that a request carries, when it is good."""
        text = cookie(headers, self.cookie_name)
        opened = self._seal("cookie").open(text) if text else None
        if opened is None:
            return None
        id_, content = opened
        owner = content.pop("owner", None) or await self._stored_owner(Ticket(id_, _NOBODY, **content).name)
        if owner is None:
            return None
        ticket = Ticket(id_, Owner(**owner), **content)
        return None if ticket.over(self.limits) else ticket

    async def save(self, ticket: Ticket, old: Ticket | None = None) -> str:
        """Keep a session, in place of another one; returns the Set-Cookie header."""
        content = ticket.times()
        if self.config.storage == "kong":
            await self._store(ticket, old)
        else:
            content["owner"] = dataclasses.asdict(ticket.owner)
        return self._line(self._seal("cookie").close(ticket.id, content), self.max_age)

    def touch(self, ticket: Ticket) -> str:
        """Note that a session is in use; returns the Set-Cookie header."""
        content = ticket.times()
        if self.config.storage != "kong":
            content["owner"] = dataclasses.asdict(ticket.owner)
        return self._line(self._seal("cookie").close(ticket.id, content), self.max_age)

    async def remove(self, ticket: Ticket | None) -> str:
        """End a session, if there is one; returns the Set-Cookie header."""
        if ticket and self.config.storage == "kong" and (row := await self._row(ticket.name)):
            await self.node.records.delete(_ROWS, row)
        return self._line("", 0)

    async def _stored_owner(self, name: str) -> dict[str, Any] | None:
        row = await self._row(name)
        opened = self._seal("row").open(row["data"] or "") if row else None
        return opened and opened[1]

    async def _row(self, name: str) -> dict[str, Any] | None:
        return await self.node.records.find(_ROWS, "session_id", name)

    async def _store(self, ticket: Ticket, old: Ticket | None) -> None:
        lasts = min(ticket.left(self.limits).values(), default=0) or None
        row = {
            "session_id": ticket.name,
            "data": self._seal("row").close(ticket.id, dataclasses.asdict(ticket.owner)),
            "expires": int(time.time() + (lasts or 0)),
        }
        await self.node.records.insert(_ROWS, row, max(lasts, self.limits.rolling) if lasts else None)
        if old and (stale := await self._row(old.name)):
            left = max(1, int(self.config.stale_ttl or 0))
            await self.node.records.update(_ROWS, stale, {"expires": int(time.time()) + left}, left)

    def _seal(self, purpose: str) -> Seal:
        config = self.config
        return Seal(config.secret or _OWN_SECRET, config.audience or "", f"{self.cookie_name} {purpose}")

    def _line(self, value: str, max_age: int | None) -> str:
        config = self.config
        same_site = config.cookie_same_site if config.cookie_same_site != "Default" else None
        parts = {
            f"{self.cookie_name}={value}": True,
            f"Domain={config.cookie_domain}": config.cookie_domain,
            f"Path={config.cookie_path}": config.cookie_path,
            f"SameSite={same_site}": same_site,
            "Secure": config.cookie_secure,
            "HttpOnly": config.cookie_http_only,
            f"Expires={_date(max_age)}": max_age is not None,
            f"Max-Age={max_age}": max_age is not None,
        }
        return "; ".join(text for text, wanted in parts.items() if wanted)


_NOBODY = Owner("", "", "")


def _date(max_age: int | None) -> str:
    return formatdate(time.time() + max_age if max_age else 1, usegmt=True)
