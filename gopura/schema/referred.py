"""What references ask of the entities that they refer to, which are described later than the references."""

from collections.abc import Callable
from typing import Any

from gopura.schema.violation import Tree

partial_problems: dict[str | None, Callable[[dict[str, Any]], Tree]] = {}
"""For each entity's name: what is wrong with some fields of one. The entities' classes enter themselves."""
