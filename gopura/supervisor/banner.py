"""What `gopura start` prints: where everything listens, and three lines to try it."""

from __future__ import annotations

from gopura.settings import Listener
from gopura.supervisor.launch import Bound

_LABELS = {"proxy_listen": "Proxy", "admin_listen": "Admin API", "status_listen": "Status API"}


def banner(
    version: str, prefix: str, listening: dict[str, list[Bound]], uncontrolled: str | None = None
) -> str:
    """Several lines for a terminal; `uncontrolled` says why there is no control process."""
    lines = [f"gopura {version} is running, prefix {prefix}", ""]
    for name, label in _LABELS.items():
        listeners = [bound.listener for bound in listening.get(name, [])]
        lines += [f"  {label:<11} {url(listener)}{_note(listener)}" for listener in listeners]
    return "\n".join([*lines, *(_warning(uncontrolled) if uncontrolled else _example(listening)), ""])


def _warning(reason: str) -> list[str]:
    return [
        "",
        f"Warning: the control process cannot be started: {reason}",
        "  Traffic is served as the saved configuration says; the Admin API answers 503.",
        "  It is tried again and again, as the error log tells.",
    ]


def url(listener: Listener) -> str:
    """The address as a client on this machine would write it."""
    ip = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(listener.ip, listener.ip)  # noqa: S104 - shown, not bound
    scheme = "https" if listener.has("ssl") else "http"
    return f"{scheme}://{Listener(ip, listener.port).address}"


def _note(listener: Listener) -> str:
    everywhere = listener.ip in ("0.0.0.0", "::")  # noqa: S104 - compared, not bound
    return "   (all addresses of this machine)" if everywhere else ""


def _example(listening: dict[str, list[Bound]]) -> list[str]:
    plain = {
        name: [b.listener for b in bound if not b.listener.has("ssl")] for name, bound in listening.items()
    }
    if not all(plain.get(name) for name in ("proxy_listen", "admin_listen")):
        return []
    proxy, admin = url(plain["proxy_listen"][0]), url(plain["admin_listen"][0])
    status = plain.get("status_listen")
    upstream = f"{url(status[0])}/status" if status else "https://httpbin.org/anything"
    return [
        "",
        "Try it:",
        f"  curl {admin}/services -d name=hello -d url={upstream}",
        f"  curl {admin}/services/hello/routes -d 'paths[]=/hello'",
        f"  curl {proxy}/hello",
    ]
