"""The benchmark's table from known samples."""

import pytest

from bench.report import spread, table
from bench.rounds import Sample


def sample(case: str, server: str, number: int, cpu: float) -> Sample:
    return Sample(case, server, number, cpu, rate=50_000, p50=1, p99=2, memory=10)


SAMPLES = [
    sample("plain", "nginx", 0, 10),
    sample("plain", "gopura", 0, 12),
    sample("plain", "nginx", 1, 20),
    sample("plain", "gopura", 1, 22),
    sample("routes", "gopura", 0, 12),
    sample("no-ops", "gopura", 0, 18),
]


@pytest.mark.parametrize(
    ("title", "server", "cpu", "to_nginx", "to_plain"),
    [
        ("100 routes", "nginx", "15.0 (10.0-20.0)", "1.00 (1.00-1.00)", "1.00 (1.00-1.00)"),
        ("100 routes", "gopura", "17.0 (12.0-22.0)", "1.15 (1.10-1.20)", "1.00 (1.00-1.00)"),
        ("10,000 routes", "gopura", "12.0 (12.0-12.0)", "-", "1.00 (1.00-1.00)"),
        ("ten no-op plugins", "gopura", "18.0 (18.0-18.0)", "1.80 (1.80-1.80)", "1.50 (1.50-1.50)"),
    ],
)
def test_ratios_compare_measurements_of_the_same_round(
    title: str, server: str, cpu: str, to_nginx: str, to_plain: str
) -> None:
    row = f"| {title} | {server} | {cpu} | {to_nginx} | {to_plain} | 50,000 | 1.00 | 2.00 | 10 |"
    assert row in table(SAMPLES).splitlines()


@pytest.mark.parametrize(("values", "text"), [([], "-"), ([1.0, 3.0, 2.0], "2.0 (1.0-3.0)")])
def test_spread(values: list[float], text: str) -> None:
    assert spread(values, ".1f") == text
