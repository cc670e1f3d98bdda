"""Where failed rows come from: the noun that file, table and journal share."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Provenance:
    """The run whose failed rows a table holds; no value of a row, no constant and no secret is here.

    ``run`` 0: the file does not say any more which one.  ``started``: when that run began, ISO 8601.  ``digest``: of the file
    that it sent.  ``content``: digest and sheet of the file whose rows these were at first, however often they came back since.
    ``last``: the highest number of a row there, and of those that were added since; 0: not known.
    ``columns``: (letter, heading) of the file that was sent.  ``sources``: (field heading, column letter).  ``constants``:
    headings of fields that had one text in every row.  ``unsure``: the rows may have arrived already.
    """

    run: int = 0
    started: str = ""
    profile: str = ""
    reference: str = ""
    file: str = ""
    digest: str = ""
    content: str = ""
    last: int = 0
    columns: tuple[tuple[str, str], ...] = ()
    sources: tuple[tuple[str, str], ...] = ()
    constants: tuple[str, ...] = ()
    unsure: bool = False
