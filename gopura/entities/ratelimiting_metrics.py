"""Counters of the rate-limiting plugin with the `cluster` policy."""

from typing import Annotated

from gopura.schema import Entity, LenMin, OptionalUuid, Timestamp


class RateCounter(
    Entity,
    name="ratelimiting_metrics",
    primary_key=("identifier", "period", "period_date", "service_id", "route_id"),
    ttl=True,
    workspaceable=False,
    endpoints=False,
):
    """How often somebody came in one period."""

    identifier: Annotated[str, LenMin(0)]
    """Who: a consumer, a credential, an address..."""
    period: str
    """The length of the period: second, minute..."""
    period_date: Annotated[int, Timestamp()]
    """When the period began, in seconds since 1970."""
    service_id: OptionalUuid
    """The service."""
    route_id: OptionalUuid
    """The route."""
    value: int
    """How often."""
