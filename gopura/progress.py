"""How far long work of this process is: whoever waits for it sees whether it gets on."""

from itertools import count

_done = count()
_seen = 0


def step() -> None:
    """Something is done; of thousands, such as entities, it is told for each."""
    global _seen
    _seen = next(_done) + 1


def steps() -> int:
    """How often something was done so far."""
    return _seen
