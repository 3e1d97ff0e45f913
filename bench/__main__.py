"""`python -m bench`: measure, print the table, and write the page with `--write`."""

import argparse
from pathlib import Path

from bench.cases import CASES
from bench.report import page, table
from bench.rounds import Bench

ROOT = Path(__file__).parent.parent
DEFAULT = "plain,routes,key-auth"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="measurements of every server (default 5)")
    parser.add_argument("--seconds", type=int, default=5, help="length of one measurement (default 5)")
    parser.add_argument("--cases", default=DEFAULT, help=f"of {', '.join(CASES)} (default {DEFAULT})")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    options = parser.parse_args()
    unknown = set(options.cases.split(",")) - set(CASES)
    if unknown:
        parser.error(f"no such case: {', '.join(sorted(unknown))}; there are {', '.join(CASES)}")
    return options


def main() -> None:
    """Run the chosen cases."""
    options = _options()
    cases = [CASES[name] for name in options.cases.split(",")]
    with Bench(ROOT / "bench" / ".work", cases) as bench:
        samples = bench.run(options.rounds, options.seconds)
    print(table(samples))
    if options.write:
        words = f"--rounds {options.rounds} --seconds {options.seconds} --cases {options.cases}"
        (ROOT / "docs" / "benchmarks.md").write_text(page(samples, f'make bench ARGS="{words}"'))


if __name__ == "__main__":
    main()
