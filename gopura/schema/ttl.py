"""How long a row lives, for entities that may expire: `ttl` stands beside their fields."""

from typing import Any

LONGEST_TTL = 100_000_000
"""In seconds."""


def ttl_problem(value: Any) -> str | None:
    """What is wrong with a ttl; None when it is good."""
    if type(value) in (int, float) and value == int(value) and 0 <= value <= LONGEST_TTL:
        return None
    return f"must be an integer between 0 and {LONGEST_TTL}"
