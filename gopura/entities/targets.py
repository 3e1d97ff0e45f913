"""Targets: the addresses that an upstream balances over."""

from typing import Annotated, Any

from gopura.schema import (
    Auto,
    Between,
    Custom,
    Description,
    Entity,
    Foreign,
    ForeignKey,
    LenMin,
    Shorthand,
    Tags,
    Timestamp,
    Uuid,
)
from gopura.schema.types.address import parsed_address

DEFAULT_PORT = 8000

_Moment = Annotated[float, Timestamp(), Auto(), Description("In seconds since 1970, with a fraction.")]


def target_problem(target: str) -> str | None:
    """Why an address is none that a target may have."""
    try:
        parsed_address(target)
    except ValueError:
        return f"Invalid target ('{target}'); not a valid hostname or ip address"
    return None


def with_port(target: str) -> str:
    """The address in its normal form, with the default port when it names none; raises ValueError."""
    address = parsed_address(target)
    host = f"[{address.host}]" if address.kind == "ipv6" else address.host
    return f"{host}:{DEFAULT_PORT if address.port is None else address.port}"


def _normal(target: str | None) -> dict[str, Any]:
    return {"target": None if target is None else with_port(target)}


class Target(Entity, name="targets", endpoint_key="target", cache_key=("upstream", "target")):
    """One address and its share of the requests."""

    shorthands = (Shorthand("target", Annotated[str, LenMin(0), Custom(target_problem)], _normal),)

    id: Uuid
    created_at: _Moment
    """When the target was created."""
    updated_at: _Moment
    """When the target last changed."""
    upstream: Annotated[ForeignKey, Foreign("upstreams", on_delete="cascade")]
    """The upstream that it belongs to."""
    target: Annotated[str, Custom(target_problem)]
    """A host's name or address with a port; without one the port is 8000."""
    weight: Annotated[int | None, Between(0, 65535)] = 100
    """Its share of the requests, relative to the other targets; 0 takes none."""
    tags: Tags | None = None
