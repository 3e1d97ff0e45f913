"""Changes that a valid entity goes through before it is stored."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Transformation:
    """`write` gets the values of `inputs` and `needs` and returns the fields to change.

    It runs when every one of `inputs` was given and is not empty. When one of `inputs` was given, or one of `needs`
    changes, all of both must be there. Without `inputs` and `needs` it gets the whole row, always.
    """

    write: Callable[..., dict[str, Any]]
    inputs: Sequence[str] = ()
    needs: Sequence[str] = ()
