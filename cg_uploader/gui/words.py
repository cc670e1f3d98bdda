"""Words that several pages share: where things are found, numbers of things."""

from __future__ import annotations

from pathlib import Path

from cg_uploader.errors import FileError, UploaderError
from cg_uploader.model.regions import REGIONS

WHERE = (
    (
        "Client ID and Client Secret",
        "In CustomerGauge open Data → Rest APIs → Authentications and click the name. The eye icon shows the secret.",
        (
            "Older menus: Data → Integrations → Connected Apps → Create New App (the secret is shown once, in the pop-up), "
            "or Setup → Integration → Connected Apps → Create a New App → Expand."
        ),
    ),
    (
        "Region",
        (
            "It is in the address at which you log in: "
            + ", ".join(f"{facts.login} is {facts.name}" for facts in REGIONS.values() if facts.login)
            + ". Paste that address and the region is read from it."
        ),
        "",
    ),
    (
        "Reference",
        "Data → Rest APIs → Inbound Mapping, the column Reference.",
        (
            "Older menus: Data → Imports → Configurations, type “API Configurations”, the column Reference. The reference of a "
            "File configuration is another one and does not work here."
        ),
    ),
    (
        "Field headings",
        "Data → Rest APIs → Inbound Mapping, open the mapping: “Field Heading”.",
        "Older menus: Data → Imports → Configurations, open the configuration: “File Mapping”.",
    ),
    (
        "What arrived",
        "Data → Rest APIs → Request History lists every call of the last 90 days.",
        "",
    ),
)


def counted(count: int, one: str, many: str = "") -> str:
    """``1 row``, ``2,500 rows``."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def invited_in_words(people: int, addresses: int) -> str:
    """``412 people (409 different addresses)``."""
    return f"{counted(people, 'person', 'people')} ({counted(addresses, 'different address', 'different addresses')})"


def sentence_of(error: object, file: Path | None = None) -> str:
    """Return what a failure says to the user.  A bug says that it is one and names its kind, never its values.

    ``file``: what was to be read.  A missing one is named, because the user chose it and typed nothing.
    """
    if isinstance(error, FileError) and error.kind == "missing" and file is not None:
        return f"{file.name} is not there. Choose it again."
    if isinstance(error, UploaderError):
        return error.sentence
    return f"Something went wrong inside CG Uploader ({type(error).__name__}). Nothing else was changed; please try again."
