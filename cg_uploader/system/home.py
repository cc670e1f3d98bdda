"""Where this computer's user has the program keep everything."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

HOME_VARIABLE = "CG_UPLOADER_HOME"


def find_home() -> Path:
    """What ``CG_UPLOADER_HOME`` names, else the system's place for this program, local and not roaming."""
    named = os.environ.get(HOME_VARIABLE)
    return Path(named) if named else Path(platformdirs.user_data_dir("CG Uploader", appauthor=False, roaming=False))
