"""python -m cg_uploader."""

import sys

from cg_uploader.cli import main

if __name__ == "__main__":
    sys.exit(main())
