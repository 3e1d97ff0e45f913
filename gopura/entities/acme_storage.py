"""What the acme plugin keeps: accounts, orders, certificates."""

from typing import Annotated

from gopura.schema import Auto, CreatedAt, Entity, Required, Unique, Uuid


class AcmeRow(Entity, name="acme_storage", cache_key=("key",), ttl=True, workspaceable=False):
    """One named value."""

    id: Uuid
    key: Annotated[str, Required(), Unique(), Auto()]
    """The name."""
    value: Annotated[str, Required(), Auto()]
    """The value."""
    created_at: CreatedAt
