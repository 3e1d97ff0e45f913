"""From samples to a table: medians over the rounds, their spread, and ratios to nginx."""

import platform
import statistics
import subprocess
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import version
from pathlib import Path

from bench.cases import CASES
from bench.rounds import KINDS, Sample

BASE_SERVER = "nginx"
BASE_CASE = "plain"
COLUMNS = (
    "case",
    "server",
    "CPU-µs per request",
    "ratio to nginx",
    "to own 100 routes",
    "requests/s",
    "p50 ms",
    "p99 ms",
    "MiB",
)
PAGE = Path(__file__).with_name("page.md")


def table(samples: Sequence[Sample]) -> str:
    """A markdown table, one row for each server of each case."""
    measured = {(sample.case, sample.server) for sample in samples}
    servers = [kind.name for kind in KINDS]
    pairs = [(case, server) for case in CASES for server in servers if (case, server) in measured]
    rows = [_row(case, server, samples) for case, server in pairs]
    return "\n".join([_line(COLUMNS), "|---|---" + "|--:" * (len(COLUMNS) - 2) + "|", *rows])


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _row(case: str, server: str, samples: Sequence[Sample]) -> str:
    own = [sample for sample in samples if (sample.case, sample.server) == (case, server)]
    cpu = {(s.case, s.server, s.round): s.cpu for s in samples}
    base = BASE_CASE if CASES[case].alone else case
    to_nginx = _ratios(own, cpu, lambda sample: (base, BASE_SERVER, sample.round))
    to_plain = _ratios(own, cpu, lambda sample: (BASE_CASE, server, sample.round))
    cells = [
        CASES[case].title,
        server,
        spread([sample.cpu for sample in own], ".1f"),
        spread(to_nginx, ".2f"),
        spread(to_plain, ".2f"),
        *(
            format(statistics.median(getattr(sample, field) for sample in own), shape)
            for field, shape in (("rate", ",.0f"), ("p50", ".2f"), ("p99", ".2f"), ("memory", ".0f"))
        ),
    ]
    return _line(cells)


def _ratios(
    own: Sequence[Sample],
    cpu: dict[tuple[str, str, int], float],
    base: Callable[[Sample], tuple[str, str, int]],
) -> list[float]:
    return [sample.cpu / cpu[base(sample)] for sample in own if base(sample) in cpu]


def spread(values: Sequence[float], shape: str) -> str:
    """`MEDIAN (MIN-MAX)`, or a dash when there is nothing."""
    if not values:
        return "-"
    middle, low, high = (format(f(values), shape) for f in (statistics.median, min, max))
    return f"{middle} ({low}-{high})"


def page(samples: Sequence[Sample], command: str) -> str:
    """The whole page for the documentation."""
    return PAGE.read_text().format(
        command=command, table=table(samples), machine=_machine(), versions=_versions()
    )


def _machine() -> str:
    model = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    name = model[0].partition(":")[2].strip() if model else platform.machine()
    return f"{len(model) or 'some'} shared cores of {name}, Linux {platform.release().split('-')[0]}"


def _versions() -> str:
    nginx = _output("nginx", "-v").split("/")[1].split()[0]
    haproxy = _output("haproxy", "-v").split()[2]
    return f"nginx {nginx}, HAProxy {haproxy}, gopura {version('gopura')}"


def _output(*command: str) -> str:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True)
    return done.stdout
