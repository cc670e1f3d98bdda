"""python -m cg_uploader: the program, or the process in which it reads one file."""

import sys

if __name__ == "__main__":
    if sys.argv[1:] == ["--parse-worker"]:
        # that process has the reading code and nothing else
        from cg_uploader.sheets.worker import main
    else:
        from cg_uploader.cli import main
    sys.exit(main())
