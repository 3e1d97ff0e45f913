"""Sessions that the session plugin keeps in the database."""

from typing import Annotated

from gopura.schema import CreatedAt, Entity, Unique, Uuid


class Session(
    Entity,
    name="sessions",
    endpoint_key="session_id",
    cache_key=("session_id",),
    ttl=True,
    workspaceable=False,
):
    """One session."""

    id: Uuid
    session_id: Annotated[str, Unique()]
    """The id that the cookie carries."""
    expires: int | None = None
    """When it ends, in seconds since 1970."""
    data: str | None = None
    """Its content, encrypted."""
    created_at: CreatedAt
