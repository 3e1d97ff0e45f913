"""`python -m bench.deltas`: what a change of one route costs the data process, and what its routes weigh.

An engine of its own takes up a snapshot with so many routes, then deltas that each change one of them, create one
credential, or change nothing at all; a global plugin is the one that may cost more the more routes there are.
"""

import argparse
import statistics
import time
from collections.abc import Iterable

from bench.engine import alone, commit, engine, memory
from bench.entities import Source, credential, route, service

CHANGES = 200


def _median(running: object, messages: Iterable[bytes]) -> float:
    """Microseconds from a message to its being served."""
    times = []
    for message in messages:
        start = time.perf_counter()
        commit(running, message)  # type: ignore[arg-type]
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e6


def measure(count: int) -> str:
    """A row of the table."""
    running, source = engine(), Source()
    before = memory()
    message = source.full(services=[service()], routes=[route(number) for number in range(count)])
    start = time.perf_counter()
    commit(running, message)
    whole = time.perf_counter() - start
    size = len(message) / count
    del message
    used = (memory() - before) * 2**20 / count
    numbers = [number * 7919 % count for number in range(CHANGES)]
    routes = _median(running, (_change(source, number) for number in dict.fromkeys(numbers)))
    rows = (credential(number, 10) for number in range(CHANGES))
    credentials = _median(running, (source.change("keyauth_credentials", None, row) for row in rows))
    nothing = _median(running, (source.nothing() for _ in range(CHANGES)))
    return (
        f"| {count:,} | {routes:,.0f} | {credentials:,.0f} | {nothing:,.0f} | {whole * 1000:,.0f} "
        f"| {used:,.0f} ({size:,.0f} of JSON) |"
    )


def _change(source: Source, number: int) -> bytes:
    return source.change("routes", route(number), route(number, f"/more-{number}/"))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.deltas", description=__doc__)
    parser.add_argument("counts", type=int, nargs="*", default=[100, 10_000, 100_000])
    print("| routes | a route, µs | a credential, µs | nothing, µs | all of it, ms | bytes per route |")
    print("|--:|--:|--:|--:|--:|--:|")
    for count in parser.parse_args().counts:
        print(alone(measure, count), flush=True)


if __name__ == "__main__":
    main()
