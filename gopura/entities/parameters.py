"""Parameters of the installation, kept for the product's own use."""

from typing import Annotated

from gopura.schema import CreatedAt, Entity, Unique


class Parameter(
    Entity, name="parameters", primary_key=("key",), cache_key=("key",), workspaceable=False, endpoints=False
):
    """One named value."""

    created_at: CreatedAt
    key: Annotated[str, Unique()]
    """The name."""
    value: str
    """The value."""
