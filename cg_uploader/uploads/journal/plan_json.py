"""The plan of a run as JSON, with which the journal can continue the run without its file."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from cg_uploader.errors import UploaderError
from cg_uploader.model.configuration import Address, Configuration, Field, Mapping, Options, Source
from cg_uploader.model.enums import BlankCells, DataType, FieldKind, Identity, Region
from cg_uploader.model.plan import Plan
from cg_uploader.model.provenance import Provenance
from cg_uploader.model.regions import REGIONS
from cg_uploader.model.table import Column, Rows, Table
from cg_uploader.sheets.failed_rows.hidden_sheet import lines_of, origin_of
from cg_uploader.uploads.journal.journal_rows import as_written, text_of

_Noun = TypeVar("_Noun", Address, Column, Field, Source)
_KINDS = {noun.__name__: get_type_hints(noun) for noun in (Address, Column, Field, Source)}
# Part of the JSON of a plan that was begun with the choice to send everything again.
SENT_AGAIN = '"again": true'
_HAS_ORIGIN = '"origin": [['


def content_of(table: Table) -> str:
    """Return what tells one sheet of one file from every other, as the journal stores it."""
    return f"{table.digest} {table.sheet or ''}"


def first_content(table: Table) -> str:
    """Return the content of the file that the rows come from at first.

    Every file of failed rows has the row numbers of that file.
    """
    return table.origin.content if table.origin is not None and table.origin.run else content_of(table)


def first_file(content: str, text: str) -> tuple[str, bool]:
    """Return ``first_content`` of a recorded run, and whether the run's own file is that file.

    Args:
        content: The content of the run's own file.
        text: Its plan as JSON.

    Raises:
        ValueError: The text is not as it was written.
    """
    origin = origin_in(text)
    return (content, True) if origin is None else (origin.content, False)


def origin_in(text: str) -> Provenance | None:
    """Return where the failed rows of a recorded run come from, by its plan as JSON.  None when its file is no such file.

    Raises:
        ValueError: The text is not as it was written.
    """
    with as_written():
        return _origin(json.loads(text)) if _HAS_ORIGIN in text else None


def customer_in(text: str) -> str:
    """Return the keyed hash of a recorded run's Client ID, and an empty text where its plan, as JSON, has none."""
    with suppress(ValueError), as_written():
        return text_of(json.loads(text).get("customer", ""))
    return ""


def destination_in(text: str) -> tuple[str, str]:
    """Return the address of records and the reference of a recorded run.  Both are empty where its plan has none."""
    with suppress(ValueError), as_written():
        plan = json.loads(text)
        return text_of(plan["address"]["records"]), text_of(plan["configuration"]["reference"])
    return "", ""


def dump(plan: Plan, customer: str = "") -> str:
    """Return a plan as JSON, without its rows, edits and choices per row, which are in the journal's rows.

    ``customer`` is the keyed hash of its Client ID.  It is left out for practice, which has one customer.
    """
    table = plan.table
    return json.dumps(
        {
            "file": str(table.file.absolute()),  # a later command may run in another folder
            "digest": table.digest,
            "sheet": table.sheet,
            "header_row": table.header_row,
            "columns": [[column.heading, column.letter, column.hidden] for column in table.columns],
            "profile": plan.profile,
            "region": plan.region,
            "address": asdict(plan.address),
            "configuration": asdict(plan.configuration),
            "mapping": [[heading, asdict(source)] for heading, source in plan.mapping.sources],
            "options": asdict(plan.options),
            "consent": plan.consent,
            "again": plan.skip_accepted is False,
            "customer": "" if REGIONS[plan.region].practice else customer,
            "origin": list(lines_of(table.origin)) if table.origin is not None and table.origin.run else None,
        }
    )


def load(text: str, rows: Rows) -> Plan:
    """Read the plan that ``dump`` wrote, and give it ``rows``.

    Raises:
        ValueError: The text is not as it was written.
    """
    with as_written():
        saved: dict[str, Any] = json.loads(text)
        try:
            return _plan(saved, rows)
        except UploaderError as error:
            raise ValueError("a plan that could not be made") from error


def _plan(saved: dict[str, Any], rows: Rows) -> Plan:
    configuration, options = saved["configuration"], saved["options"]
    table = Table(
        file=Path(saved["file"]),
        digest=text_of(saved["digest"]),
        sheet=None if saved["sheet"] is None else text_of(saved["sheet"]),
        sheets=(),
        header_row=int(saved["header_row"]),
        columns=tuple(_typed(Column(*column)) for column in saved["columns"]),
        rows=rows,
        origin=_origin(saved),
    )
    return Plan(
        table=table,
        profile=text_of(saved["profile"]),
        region=Region(saved["region"]),
        address=_typed(Address(**saved["address"])),
        configuration=Configuration(
            text_of(configuration["reference"]),
            DataType(configuration["data_type"]),
            tuple(_field(entry) for entry in configuration["fields"]),
        ),
        mapping=Mapping(tuple((text_of(heading), _typed(Source(**source))) for heading, source in saved["mapping"])),
        options=Options(
            BlankCells(options["blank_cells"]),
            int(options["connections"]),
            (int(options["rows"][0]), int(options["rows"][1])) if options["rows"] else None,
        ),
        consent=bool(saved["consent"]),
    )


def _field(entry: dict[str, Any]) -> Field:
    identifies = entry["identifies"]
    return _typed(
        Field(
            entry["heading"],
            entry["required"],
            FieldKind(entry["kind"]),
            entry["max_length"],
            Identity(identifies) if identifies else None,
        )
    )


def _origin(saved: dict[str, Any]) -> Provenance | None:
    """Return where failed rows come from, and None when the file is no file of failed rows."""
    if not saved.get("origin"):
        return None
    if (origin := origin_of(saved["origin"])) is None:
        raise ValueError("an origin that is not as it was written")
    return origin


def _typed(value: _Noun) -> _Noun:
    """Return ``value``.

    Raises:
        TypeError: A field of it is not of its type.
    """
    for name, kind in _KINDS[type(value).__name__].items():
        if not isinstance(getattr(value, name), kind):
            raise TypeError(f"{name} is of another kind")
    return value
