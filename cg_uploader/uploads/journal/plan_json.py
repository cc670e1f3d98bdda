"""A plan as text and back: what the journal keeps so that a run can go on without its file."""

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
# Stands in the text of a plan that was begun with the choice to send everything again.
SENT_AGAIN = '"again": true'
_HAS_ORIGIN = '"origin": [['


def content_of(table: Table) -> str:
    """What tells one sheet of one file from every other, as the journal keeps it."""
    return f"{table.digest} {table.sheet or ''}"


def first_content(table: Table) -> str:
    """The same of the file whose rows these were at first: row numbers are that file's, in every file of failed rows of it."""
    return table.origin.content if table.origin is not None and table.origin.run else content_of(table)


def first_file(content: str, text: str) -> tuple[str, bool]:
    """The same of a recorded run, by its own content and its plan as text, and whether it is that file's own run.

    ValueError for foreign text.
    """
    origin = origin_in(text)
    return (content, True) if origin is None else (origin.content, False)


def origin_in(text: str) -> Provenance | None:
    """Where the rows of a recorded run come from, by its plan as text; None when they are its file's own.

    ValueError for foreign text.
    """
    with as_written():
        return _origin(json.loads(text)) if _HAS_ORIGIN in text else None


def customer_in(text: str) -> str:
    """What tells the Client ID of a recorded run from others; empty where its plan, as text, does not say it."""
    with suppress(ValueError), as_written():
        return text_of(json.loads(text).get("customer", ""))
    return ""


def place_in(text: str) -> tuple[str, str]:
    """The address of records and the reference of a recorded run; both empty where its plan, as text, does not say them."""
    with suppress(ValueError), as_written():
        plan = json.loads(text)
        return text_of(plan["address"]["records"]), text_of(plan["configuration"]["reference"])
    return "", ""


def dump(plan: Plan, customer: str = "") -> str:
    """Everything of a plan but its rows, edits and choices per row: those are in the journal's rows already.

    ``customer``: what tells the Client ID that it is begun with from others; practice knows one customer.
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
    """The plan that ``dump`` wrote, over rows that come from elsewhere; ValueError for foreign text."""
    with as_written():
        kept: dict[str, Any] = json.loads(text)
        try:
            return _plan(kept, rows)
        except UploaderError as error:
            raise ValueError("a plan that could not be made") from error


def _plan(kept: dict[str, Any], rows: Rows) -> Plan:
    configuration, options = kept["configuration"], kept["options"]
    table = Table(
        file=Path(kept["file"]),
        digest=text_of(kept["digest"]),
        sheet=None if kept["sheet"] is None else text_of(kept["sheet"]),
        sheets=(),
        header_row=int(kept["header_row"]),
        columns=tuple(_typed(Column(*column)) for column in kept["columns"]),
        rows=rows,
        origin=_origin(kept),
    )
    return Plan(
        table=table,
        profile=text_of(kept["profile"]),
        region=Region(kept["region"]),
        address=_typed(Address(**kept["address"])),
        configuration=Configuration(
            text_of(configuration["reference"]),
            DataType(configuration["data_type"]),
            tuple(_field(entry) for entry in configuration["fields"]),
        ),
        mapping=Mapping(tuple((text_of(heading), _typed(Source(**source))) for heading, source in kept["mapping"])),
        options=Options(
            BlankCells(options["blank_cells"]),
            int(options["connections"]),
            (int(options["rows"][0]), int(options["rows"][1])) if options["rows"] else None,
        ),
        consent=bool(kept["consent"]),
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


def _origin(kept: dict[str, Any]) -> Provenance | None:
    """Of the file's rows, if they came back in a file of failed rows; ValueError when that is not as it was written."""
    if not kept.get("origin"):
        return None
    if (origin := origin_of(kept["origin"])) is None:
        raise ValueError("an origin that nobody wrote")
    return origin


def _typed(value: _Noun) -> _Noun:
    """The same; ValueError when a field of it is not of its type."""
    for name, kind in _KINDS[type(value).__name__].items():
        if not isinstance(getattr(value, name), kind):
            raise TypeError(f"{name} is of another kind")
    return value
