"""python -m cg_uploader: the program, or a process of its own for one thing: reading a file, asking Qt for a proxy."""

import sys


def main() -> int:
    """What the first word asks for; each of the two helpers has its own code and nothing else."""
    if sys.argv[1:] == ["--parse-worker"]:
        from cg_uploader.sheets.process import worker

        return worker.main()
    if sys.argv[1:2] == ["--look-up-proxy"]:
        from cg_uploader.gui import proxylookup

        return proxylookup.main(sys.argv[2:])
    from cg_uploader import cli

    return cli.main()


if __name__ == "__main__":
    sys.exit(main())
