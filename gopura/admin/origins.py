"""Which web pages may use the Admin API. Programs are no pages: they send no `Origin` and no `Sec-Fetch-Site`.

What a page of another site may not do: send a request, or read an answer. The rules are those of the Fetch standard
(CORS) and of Fetch Metadata.
"""

import re
from collections.abc import Iterator

from starlette.requests import Request

from gopura.admin.hosts import Hosts, hostname, urls
from gopura.settings import Settings

_MANAGER_PORTS = frozenset({8002, 8445})
"""Where Kong Manager listens unless told otherwise."""
_DEFAULT_PORTS = {"http": "80", "https": "443"}
_ORIGIN = re.compile(
    r"(?P<scheme>https?)://(?P<site>(?P<host>\[[^\]]*\]|[^:/?#]+)(:(?P<port>\d{1,5}))?)", re.IGNORECASE
)


class Origins:
    """The site's own pages, Kong Manager on the same host, and the origins of `admin_gui_url`."""

    def __init__(self, settings: Settings) -> None:
        self._hosts = Hosts(settings)
        self._named = frozenset(origin_of(url) for url in urls(settings.admin_gui_url))
        self._manager_ports = frozenset() if self._named else frozenset(_manager_ports(settings))

    async def refusal(self, request: Request) -> str | None:
        """Why a request is refused; None when it may pass."""
        headers = request.headers
        host, origin, site = (headers.get(name) for name in ("host", "origin", "sec-fetch-site"))
        # By TLS a browser only comes under a name that the certificate has.
        if host and request.url.scheme != "https" and not await self._hosts.know(host):
            return (
                f"the Admin API is not known as '{hostname(host)}': if that is a name of this node, "
                "add it to the setting admin_allowed_hosts"
            )
        if site in ("same-origin", "none") or (site is None and origin is None):
            return None
        if origin is not None:
            return None if self.allow(origin, host or "") else _refused(origin)
        return None if _is_link(request) else "a web page of another site may not use the Admin API"

    def allow(self, origin: str, host: str) -> bool:
        """Whether a page of this origin may use the Admin API that it reaches by `host`."""
        if origin in self._named:
            return True
        parts = _ORIGIN.fullmatch(origin)
        if parts is None:
            return False
        if parts["site"].lower() == host.lower():
            return True
        port = int(parts["port"] or 0)
        return port in self._manager_ports and hostname(parts["site"]) == hostname(host)


def origin_of(url: str) -> str:
    """Scheme, host and port of a URL, as browsers write them: `https://a.test`."""
    parts = _ORIGIN.match(url)
    assert parts is not None, "the setting takes http and https only"
    scheme, host, port = (str(parts[name] or "").lower() for name in ("scheme", "host", "port"))
    return f"{scheme}://{host}" + (f":{port}" if port not in ("", _DEFAULT_PORTS[scheme]) else "")


def _manager_ports(settings: Settings) -> Iterator[int]:
    if "admin_gui_listen" in settings.origins:
        yield from (listener.port for listener in settings.listeners("admin_gui_listen"))
    else:
        yield from _MANAGER_PORTS


def _is_link(request: Request) -> bool:
    """Somebody followed a link: the page that has it sees nothing of the answer."""
    navigation = (request.headers.get("sec-fetch-mode"), request.headers.get("sec-fetch-dest"))
    return request.method in ("GET", "HEAD") and navigation == ("navigate", "document")


def _refused(origin: str) -> str:
    return (
        f"a web page at '{origin}' may not use the Admin API: "
        "if it is your Kong Manager, name its address in the setting admin_gui_url"
    )
