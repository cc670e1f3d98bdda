"""The start of a process: the program, or one of its two helpers, which read a file or ask Qt for a proxy."""

import sys


def main() -> int:
    """Run what the first word asks for, and return its exit code.  A helper loads its own code and nothing else."""
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
