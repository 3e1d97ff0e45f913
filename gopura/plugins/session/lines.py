"""What lines of Set-Cookie say after name and value."""

from __future__ import annotations

from email.utils import formatdate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gopura.plugins.session import Session

ENDED = "; Expires=Thu, 01 Jan 1970 00:00:01 GMT; Max-Age=0"


def lasting(since: int, seconds: int) -> str:
    """For a cookie that lives for so many seconds, of a session that began then."""
    return f"; Expires={formatdate(since + seconds, usegmt=True)}; Max-Age={seconds}"


def attributes(config: Session.Config) -> str:
    """What all cookies of a configuration say; null stands for the default of Kong's library."""
    domain = config.cookie_domain if config.cookie_domain != "localhost" else None
    same_site = config.cookie_same_site or "Lax"
    parts = {
        f"; Domain={domain}": domain,
        f"; Path={config.cookie_path or '/'}": True,
        f"; SameSite={same_site}": True,
        "; Secure": config.cookie_secure or same_site == "None",
        "; HttpOnly": config.cookie_http_only is not False,
    }
    return "".join(text for text, wanted in parts.items() if wanted)
