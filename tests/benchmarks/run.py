"""Measures how fast the program is, each figure beside an anchor of the same run: ``run.py [NAME …] [--quick]``."""

from __future__ import annotations

import argparse
from collections.abc import Callable

import reading
import uploads
import windows
from figures import head

BENCHMARKS: dict[str, Callable[..., None]] = {
    "ideal": uploads.share_of_the_ideal,
    "processor": uploads.processor_time,
    "speed": uploads.without_answer_time,
    "reading": reading.hundred_thousand,
    "million": reading.million,
    "growth": uploads.growth,
    "pauses": windows.pauses,
    "start": windows.start,
}
LEFT_OUT = (
    "Left out: target 6 (CSV of a million rows), 7 (first rows on the screen), "
    "11 (checking alone), 13 (resume of a million rows); TLS and a real network; Windows and macOS."
)


def main() -> None:
    """Print the head, then a table per benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", nargs="*", help=f"which ones (all): {', '.join(BENCHMARKS)}")
    parser.add_argument("--quick", action="store_true", help="smaller sizes and fewer runs: for a look, not for a claim")
    args = parser.parse_args()
    unknown = [name for name in args.name if name not in BENCHMARKS]
    if unknown:
        parser.error(f"there is no benchmark {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    print(head())
    for name in args.name or BENCHMARKS:
        BENCHMARKS[name](quick=args.quick)
    print(f"\n{LEFT_OUT}")


if __name__ == "__main__":
    main()
