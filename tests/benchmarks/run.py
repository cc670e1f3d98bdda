"""Measures how fast the program is, each figure beside an anchor of the same run: ``run.py [NAME …] [--quick]``."""

from __future__ import annotations

import argparse
from collections.abc import Callable

import first
import reading
import resuming
import uploads
import windows
from figures import head, markdown, table

UPLOADS: dict[str, Callable[..., None]] = {
    "ideal": uploads.share_of_the_ideal,
    "processor": uploads.processor_time,
    "speed": uploads.without_answer_time,
    "growth": uploads.growth,
    "resume": resuming.half_done,
}
OTHERS: dict[str, Callable[..., None]] = {
    "reading": reading.hundred_thousand,
    "million": reading.million,
    "text": reading.text,
    "soon": reading.soon,
    "first": first.on_the_screen,
    "checking": reading.checking,
    "pauses": windows.pauses,
    "start": windows.start,
}
LEFT_OUT = "Left out: reading files of other kinds; TLS and a real network; Windows and macOS."


def main() -> None:
    """Print the head, then a table per benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", nargs="*", help=f"which ones (all): {', '.join((*UPLOADS, *OTHERS))}")
    parser.add_argument("--quick", action="store_true", help="smaller sizes and fewer runs: for a look, not for a claim")
    parser.add_argument("--markdown", action="store_true", help=f"tables as a README shows them ({', '.join(UPLOADS)})")
    args = parser.parse_args()
    known = UPLOADS if args.markdown else UPLOADS | OTHERS
    unknown = [name for name in args.name if name not in known]
    if unknown:
        parser.error(f"there is no benchmark {', '.join(unknown)} here; there are {', '.join(known)}")
    print(head())
    for name in args.name or known:
        more = {"show": markdown if args.markdown else table} if name in UPLOADS else {}
        known[name](quick=args.quick, **more)
    print(f"\n{LEFT_OUT}")


if __name__ == "__main__":
    main()
