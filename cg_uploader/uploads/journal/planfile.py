"""A plan as text and back: what the journal keeps so that a run can go on without its file."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cg_uploader.model import (
    Address,
    Column,
    Configuration,
    Field,
    Mapping,
    Options,
    Plan,
    Rows,
    Source,
    Table,
)
from cg_uploader.sheets.about import lines_of, origin_of
from cg_uploader.vocabulary import BlankCells, DataType, FieldKind, Identity, Region

_HAS_ORIGIN = '"origin": [['


def content_of(table: Table) -> str:
    """What tells one sheet of one file from every other, as the journal keeps it."""
    return f"{table.digest} {table.sheet or ''}"


def first_content(table: Table) -> str:
    """The same of the file whose rows these were at first: row numbers are that file's, in every repair file of it."""
    return table.origin.content if table.origin is not None and table.origin.run else content_of(table)


def first_file(content: str, text: str) -> tuple[str, bool]:
    """The same of a recorded run, by its own content and its plan as text, and whether it is that file's own run.

    KeyError or ValueError for foreign text.
    """
    origin = origin_of(json.loads(text)["origin"]) if _HAS_ORIGIN in text else None
    return (content, True) if origin is None else (origin.content, False)


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
            "customer": "" if plan.region is Region.PRACTICE else customer,
            "origin": list(lines_of(table.origin)) if table.origin is not None and table.origin.run else None,
        }
    )


def load(text: str, rows: Rows) -> Plan:
    """The plan that ``dump`` wrote, over rows that come from elsewhere; KeyError or ValueError for foreign text."""
    kept: dict[str, Any] = json.loads(text)
    configuration = kept["configuration"]
    options = kept["options"]
    table = Table(
        file=Path(kept["file"]),
        digest=kept["digest"],
        sheet=kept["sheet"],
        sheets=(),
        header_row=kept["header_row"],
        columns=tuple(Column(*column) for column in kept["columns"]),
        rows=rows,
        origin=origin_of(kept["origin"]) if kept.get("origin") else None,
    )
    return Plan(
        table=table,
        profile=kept["profile"],
        region=Region(kept["region"]),
        address=Address(**kept["address"]),
        configuration=Configuration(
            configuration["reference"],
            DataType(configuration["data_type"]),
            tuple(_field(entry) for entry in configuration["fields"]),
        ),
        mapping=Mapping(tuple((heading, Source(**source)) for heading, source in kept["mapping"])),
        options=Options(
            BlankCells(options["blank_cells"]),
            options["connections"],
            tuple(options["rows"]) if options["rows"] else None,
        ),
        consent=kept["consent"],
    )


def _field(entry: dict[str, Any]) -> Field:
    identifies = entry["identifies"]
    return Field(
        entry["heading"],
        entry["required"],
        FieldKind(entry["kind"]),
        entry["max_length"],
        Identity(identifies) if identifies else None,
    )
