"""What the demonstration is made of, in the window and in the terminal: a file, its profile, and how practice answers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from cg_uploader.model.configuration import Address, Credentials, Profile
from cg_uploader.settings.paths import resource
from cg_uploader.settings.profiles import parse

# What the practice server is signed in to with; it accepts any.
PRACTICE_CREDENTIALS = Credentials("practice", "practice")
# How long the practice server takes for each record, so that an upload can be watched.
ANSWER_SECONDS = 0.1


def sample_file() -> Path:
    """Give the spreadsheet."""
    return resource("samples/contacts.xlsx")


def sample_script() -> Path:
    """Give the script by which the practice server misbehaves on some of its rows."""
    return resource("samples/contacts-script.json")


def sample_profile(address: Address | None = None) -> Profile:
    """Give the profile that fits the spreadsheet, for the practice server at ``address``."""
    return replace(parse(resource("samples/contacts.json").read_text(encoding="utf-8")), address=address)
