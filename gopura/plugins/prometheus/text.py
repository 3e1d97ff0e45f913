"""Prometheus' text format."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

Samples = Iterable[tuple[Mapping[str, str | int], float]]


def family(name: str, kind: str, about: str, samples: Samples) -> str:
    """A metric with its values by labels; nothing when there are none."""
    lines = [f"{name}{labelled(labels)} {number(value)}" for labels, value in samples]
    return "\n".join([*head(name, kind, about), *lines, ""]) if lines else ""


def histogram(
    name: str, about: str, buckets: Sequence[float], samples: Iterable[tuple[dict[str, str], Spread]]
) -> str:
    """A histogram by labels; nothing when there are no values."""
    lines: list[str] = []
    for labels, spread in samples:
        for bound, count in zip([*map(number, buckets), "+Inf"], spread.cumulative(), strict=True):
            lines.append(f"{name}_bucket{labelled({**labels, 'le': bound})} {count}")
        lines.append(f"{name}_count{labelled(labels)} {spread.count}")
        lines.append(f"{name}_sum{labelled(labels)} {number(spread.total)}")
    return "\n".join([*head(name, "histogram", about), *lines, ""]) if lines else ""


def head(name: str, kind: str, about: str) -> list[str]:
    """The lines before a metric's values."""
    return [f"# HELP {name} {about}", f"# TYPE {name} {kind}"]


def labelled(labels: Mapping[str, str | int]) -> str:
    """Labels in braces."""
    pairs = ",".join(f'{name}="{escaped(str(value))}"' for name, value in labels.items())
    return f"{{{pairs}}}" if pairs else ""


def escaped(value: str) -> str:
    """A value as it may stand between quotes."""
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def number(value: float) -> str:
    """Whole numbers without a fraction."""
    return str(int(value)) if value == int(value) else repr(value)


class Spread:
    """How values are spread over buckets; the last one has no upper bound."""

    def __init__(self, buckets: Sequence[float]) -> None:
        self._buckets = buckets
        self._counts = [0] * (len(buckets) + 1)
        self.total, self.count = 0.0, 0

    def observe(self, value: float) -> None:
        """Count a value."""
        place = next((n for n, bound in enumerate(self._buckets) if value <= bound), len(self._buckets))
        self._counts[place] += 1
        self.total += value
        self.count += 1

    def cumulative(self) -> list[int]:
        """How many values each bucket and those below have."""
        found, sum_ = [], 0
        for count in self._counts:
            sum_ += count
            found.append(sum_)
        return found
