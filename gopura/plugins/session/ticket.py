"""A session: whose it is, and how long it is good."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from gopura.plugins.session.seal import encoded, new_id


@dataclass(frozen=True)
class Owner:
    """Who is logged in."""

    consumer: str
    credential: str
    subject: str
    groups: list[str] | None = None

    def is_(self, consumer: str, credential: str) -> bool:
        """Whether it is this consumer, logged in with this credential."""
        return (self.consumer, self.credential) == (consumer, credential)


@dataclass(frozen=True)
class Limits:
    """Seconds that a session may lie idle, last until it is renewed, and last at all; 0: no limit."""

    idling: float
    rolling: float
    absolute: float


@dataclass(frozen=True)
class Ticket:
    """One session; the moments are in seconds since 1970.

    `owner` is who is logged in for the audience that it was opened for, `others` are those of other audiences.
    `cookies` says in how many cookies the client sent it.
    """

    id: bytes
    owner: Owner | None
    others: Mapping[str, Owner]
    created: int
    rolled: int
    seen: int
    cookies: int = 0

    @classmethod
    def new(cls, owner: Owner, others: Mapping[str, Owner] | None = None) -> Ticket:
        """A session that begins now."""
        now = _now()
        return cls(new_id(), owner, others or {}, now, now, now)

    @property
    def name(self) -> str:
        """The id as text."""
        return encoded(self.id)

    def left(self, limits: Limits) -> dict[str, float]:
        """The seconds that are left of each limit that there is."""
        now = _now()
        ages = {"idling": now - self.seen, "rolling": now - self.rolled, "absolute": now - self.created}
        limited = {name: getattr(limits, name) for name in ages if getattr(limits, name) > 0}
        return {name: limit - ages[name] for name, limit in limited.items()}

    def over(self, limits: Limits) -> bool:
        """Whether a limit is exceeded."""
        return any(seconds < 0 for seconds in self.left(limits).values())

    def needs_renewal(self, limits: Limits) -> bool:
        """Whether three quarters of its time until renewal are over."""
        return limits.rolling > 0 and _now() - self.rolled > math.ceil(limits.rolling * 0.75)

    def needs_touch(self, limits: Limits) -> bool:
        """Whether it should be noted that it is in use."""
        return limits.idling > 0 and _now() - self.seen > min(60, limits.idling * 0.25)

    def renewed(self, owner: Owner | None) -> Ticket:
        """The same session under a new id, for this owner."""
        now = _now()
        return replace(self, id=new_id(), owner=owner, rolled=now, seen=now)

    def touched(self) -> Ticket:
        """The same session, used now."""
        return replace(self, seen=_now())

    def times(self) -> dict[str, Any]:
        """The moments, as they are kept."""
        return {"created": self.created, "rolled": self.rolled, "seen": self.seen}


def _now() -> int:
    return int(time.time())
