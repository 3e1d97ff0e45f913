"""`python -m bench.credentials`: what a million key-auth credentials cost the data process.

A process with nothing but the engine loads a saved snapshot; look-ups are `Engine.find` calls from Python, for keys
that exist (each asked for once before) and for keys that do not.
"""

import argparse
import tempfile
import time
from pathlib import Path

from bench.engine import alone, engine, memory, peak
from bench.entities import Source, consumer, credential, secret

PROBES = 10_000
ROUNDS = 20
KIND = "keyauth_credentials"


def write(path: Path, count: int, consumers: int) -> None:
    """A snapshot as a data process saves it."""
    rows = [credential(number, consumers) for number in range(count)]
    parts = Source().saved(
        consumers=[consumer(number) for number in range(consumers)], keyauth_credentials=rows
    )
    with path.open("wb") as file:
        file.writelines(parts)


def measure(path: Path, count: int) -> str:
    """A row of the table."""
    running = engine()
    before, start = memory(), time.perf_counter()
    prepared = running.load(str(path))
    if prepared is None:
        raise FileNotFoundError(path)
    running.commit(prepared, {})
    seconds = time.perf_counter() - start
    time.sleep(1)  # what is free by now has gone back to the system
    after = memory()
    known = [secret(number * 7919 % count) for number in range(PROBES)]
    unknown = [text[::-1] for text in known]
    lookups = [_nanoseconds(running.find, keys) for keys in (known, unknown)]
    return (
        f"| {count:,} | {after:,.0f} ({before:,.0f} before, {peak():,.0f} at most) | {seconds:.1f} "
        f"| {lookups[0]:,.0f} | {lookups[1]:,.0f} |"
    )


def _nanoseconds(find: object, keys: list[str]) -> float:
    """Of one look-up; the best of several rounds."""
    rounds = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for key in keys:
            find(KIND, "key", key)  # type: ignore[operator]
        rounds.append((time.perf_counter() - start) / len(keys))
    return min(rounds) * 1e9


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.credentials", description=__doc__)
    parser.add_argument("counts", type=int, nargs="*", default=[10, 1_000_000])
    parser.add_argument("--consumers", type=int, default=1000)
    options = parser.parse_args()
    print("| credentials | MiB | loaded in s | found, ns | not found, ns |")
    print("|--:|--:|--:|--:|--:|")
    for count in options.counts:
        with tempfile.TemporaryDirectory(prefix="gopura-bench-") as folder:
            path = Path(folder, "current")
            alone(write, path, count, min(count, options.consumers))
            print(alone(measure, path, count), flush=True)


if __name__ == "__main__":
    main()
