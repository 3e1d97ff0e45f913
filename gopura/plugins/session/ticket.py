"""A session: whose it is, and how long it is good."""

from __future__ import annotations

import time
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


@dataclass(frozen=True)
class Limits:
    """Seconds that a session may lie idle, last until it is renewed, and last at all; 0: no limit."""

    idling: float
    rolling: float
    absolute: float


@dataclass(frozen=True)
class Ticket:
    """One session; the moments are in seconds since 1970."""

    id: bytes
    owner: Owner
    created: float
    rolled: float
    seen: float

    @classmethod
    def new(cls, owner: Owner) -> Ticket:
        """A session that begins now."""
        now = time.time()
        return cls(new_id(), owner, now, now, now)

    @property
    def name(self) -> str:
        """The id as text."""
        return encoded(self.id)

    def left(self, limits: Limits) -> dict[str, int]:
        """The seconds that are left of each limit that there is."""
        now = time.time()
        ages = {"idling": now - self.seen, "rolling": now - self.rolled, "absolute": now - self.created}
        limited = {name: getattr(limits, name) for name in ages if getattr(limits, name) > 0}
        return {name: round(limit - ages[name]) for name, limit in limited.items()}

    def over(self, limits: Limits) -> bool:
        """Whether a limit is reached."""
        return any(seconds <= 0 for seconds in self.left(limits).values())

    def needs_renewal(self, limits: Limits) -> bool:
        """Whether three quarters of its time until renewal are over."""
        return limits.rolling > 0 and time.time() - self.rolled > limits.rolling * 0.75

    def needs_touch(self, limits: Limits) -> bool:
        """Whether it should be noted that it is in use."""
        return limits.idling > 0 and time.time() - self.seen > min(60, limits.idling * 0.25)

    def renewed(self) -> Ticket:
        """The same session under a new id."""
        now = time.time()
        return replace(self, id=new_id(), rolled=now, seen=now)

    def touched(self) -> Ticket:
        """The same session, used now."""
        return replace(self, seen=time.time())

    def times(self) -> dict[str, Any]:
        """The moments, as they are kept."""
        return {"created": self.created, "rolled": self.rolled, "seen": self.seen}
