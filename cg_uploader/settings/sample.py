"""The demonstration's file, profile and answers, for the window and for the terminal."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from cg_uploader.model.configuration import Address, Credentials, Profile
from cg_uploader.settings.paths import resource
from cg_uploader.settings.profiles import parse

# The practice server accepts any credentials.
PRACTICE_CREDENTIALS = Credentials("practice", "practice")
# How long the practice server takes for each row, so that the user can watch the upload.
ANSWER_SECONDS = 0.1


def sample_file() -> Path:
    """Return the path of the spreadsheet."""
    return resource("samples/contacts.xlsx")


def sample_script() -> Path:
    """Return the path of the script that lets the practice server fail on some of its rows."""
    return resource("samples/contacts-script.json")


def sample_profile(address: Address | None = None) -> Profile:
    """Return the profile that fits the spreadsheet, for the practice server at ``address``."""
    return replace(parse(resource("samples/contacts.json").read_text(encoding="utf-8")), address=address)
