"""An entity with a field of every kind, for the tests of what is done with entities."""

from typing import Annotated, Any

from gopura.schema import (
    AtLeastOneOf,
    Auto,
    Between,
    CreatedAt,
    Entity,
    Foreign,
    ForeignKey,
    Immutable,
    OneOf,
    Record,
    SetOf,
    Shorthand,
    Transformation,
    Unique,
    UpdatedAt,
    Uuid,
)


class Pulse(Record):
    """A record inside a record."""

    every: Annotated[float | None, Between(0, 60)] = 10
    """Seconds."""
    statuses: list[int] | None = [200]
    """Statuses."""


class Health(Record):
    """A record."""

    pulse: Pulse
    """Inside."""
    path: str | None = "/"
    """A path."""


class Step(Record):
    """An element."""

    name: str
    """Its name."""
    enabled: bool = True
    """Whether it counts."""


def _address(address: str | None) -> dict[str, Any]:
    host, _, port = (address or "").partition(":")
    return {"host": host or None, "port": int(port or 80)}


class Sample(Entity, name="samples", endpoint_key="name", ttl=True, admin_name="sample-things"):
    """A thing."""

    checks = (AtLeastOneOf("host", "name"),)
    shorthands = (Shorthand("address", str, _address),)
    transformations = (
        Transformation(
            lambda secret, name: {"secret": f"{name}-{secret}"}, inputs=("secret",), needs=("name",)
        ),
    )

    id: Uuid
    created_at: CreatedAt
    updated_at: UpdatedAt
    name: Annotated[str | None, Unique()] = None
    """A name."""
    kind: Annotated[str, OneOf("plain", "fancy")] = "plain"
    """A kind."""
    host: str | None = None
    """A host."""
    port: Annotated[int | None, Between(0, 65535)] = 80
    """A port."""
    fixed: Annotated[str | None, Immutable()] = None
    """Never changes."""
    key: Annotated[str, Auto()]
    """Made up."""
    secret: str | None = None
    """Hidden."""
    tags: Annotated[list[str] | None, SetOf()] = None
    """Words."""
    labels: dict[str, int] | None = None
    """Numbers by name."""
    health: Health
    """A record."""
    steps: list[Step] | None = None
    """Records."""
    owner: Annotated[ForeignKey | None, Foreign("owners", on_delete="cascade")] = None
    """Somebody."""


SAMPLES = Sample.entity()
