"""What the status API of a data plane without a database tells of upstreams: the Admin API's answers."""

from __future__ import annotations

from gopura.admin.app import Admin

_BELOW = "/upstreams/{upstreams}"
READABLE = frozenset({
    f"{_BELOW}/health",
    f"{_BELOW}/targets",
    f"{_BELOW}/targets/all",
    f"{_BELOW}/targets/{{targets}}",
})  # fmt: skip


async def answer(admin: Admin, path: str, query: str) -> tuple[int, str] | None:
    """The status and the body of a GET; None for what the status API does not have."""
    found = admin.router.find(path)
    if found is None or found[0].path not in READABLE:
        return None
    response = await admin.read(path, query)
    return response.status_code, bytes(response.body).decode()
