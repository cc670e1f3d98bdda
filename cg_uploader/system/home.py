"""The home: the folder where the program keeps everything of this computer's user."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

HOME_VARIABLE = "CG_UPLOADER_HOME"


def find_home() -> Path:
    """Return what ``CG_UPLOADER_HOME`` names, else the system's folder for this program, local and not roaming."""
    named = os.environ.get(HOME_VARIABLE)
    return Path(named) if named else Path(platformdirs.user_data_dir("CG Uploader", appauthor=False, roaming=False))
