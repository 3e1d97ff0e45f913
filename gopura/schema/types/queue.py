"""Queues of what plugins send elsewhere."""

from typing import Annotated

from gopura.schema.record import Record
from gopura.schema.rules import Between


class Queue(Record):
    """How entries are collected, sent, and sent again."""

    max_batch_size: Annotated[int | None, Between(1, 1000000)] = 1
    """How many entries are sent together at most."""
    max_coalescing_delay: Annotated[float | None, Between(0, 3600)] = 1
    """How many seconds the first entry of a batch waits for others."""
    max_entries: Annotated[int | None, Between(1, 1000000)] = 10000
    """How many entries may wait; the oldest are dropped beyond."""
    max_bytes: int | None = None
    """How many bytes the waiting entries may have together."""
    max_retry_time: float | None = 60
    """How many seconds a batch is tried before it is dropped; -1: tried once."""
    initial_retry_delay: Annotated[float | None, Between(0.001, 1000000)] = 0.01
    """How many seconds after the first failure the batch is tried again; doubled each time."""
    max_retry_delay: Annotated[float | None, Between(0.001, 1000000)] = 60
    """How many seconds there are between tries at most."""
