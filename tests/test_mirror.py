"""Each module of the product has its test file at the same path, or stands here with its tests and the reason."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
PRODUCT = TESTS.parent / "cg_uploader"
UNTOUCHED = ("gui",)
"""Packages that are tested step by step, not module by module."""

ELSEWHERE: dict[str, dict[str, str]] = {
    "a command is tested as the user gives it": {
        "__main__.py": "e2e/test_command_line.py",
        "cli.py": "e2e/test_command_line.py e2e/test_typed_words.py",
        "commands/client_factory.py": "e2e/test_through_proxy.py uploads/test_proxy_auth.py",
        "commands/arguments.py": "e2e/test_typed_words.py e2e/test_command_line.py",
        "commands/demo.py": "e2e/test_command_line.py",
        "commands/files.py": "e2e/test_preview.py e2e/test_command_line.py",
        "commands/journal_commands.py": "e2e/test_forgotten.py e2e/test_records.py",
        "commands/profile_commands.py": "e2e/test_command_line.py e2e/test_spared.py",
        "commands/upload_commands.py": "commands/test_signals.py e2e/test_command_line.py",
        "settings/crash_handling.py": "e2e/test_quiet_crashes.py",
        "settings/delete_all.py": "e2e/test_forgotten.py e2e/test_records.py",
        "uploads/results/output_files.py": "e2e/test_spared.py system/test_named_file.py",
    },
    "it holds fields and words alone; what they mean is tested where they are used": {
        "api/messages.py": "test_meaning_in_types.py api/test_network.py",
        "fields/messages.py": "test_meaning_in_types.py fields/test_problems.py",
        "model/stop_reasons.py": "test_meaning_in_types.py uploads/journal/test_messages.py",
        "sheets/cells/separators.py": "test_meaning_in_types.py",
        "sheets/containers/errors.py": "sheets/formats/test_refusals.py",
        "fields/checks.py": "fields/test_filecheck.py",
        "model/configuration.py": "settings/test_profiles.py fields/test_plancheck.py",
        "model/enums.py": "test_one_table.py",
        "model/plan.py": "uploads/sending/test_shown_is_sent.py fields/test_plancheck.py",
        "model/provenance.py": "sheets/failed_rows/test_hidden_sheet.py",
        "model/table.py": "sheets/table/test_header_finder.py fields/test_matching.py",
        "sheets/options.py": "sheets/test_cases_delimited.py sheets/test_cases_sheets.py",
        "uploads/sending/dependencies.py": "uploads/sending/test_engine.py",
    },
    "it is a part of the client, which is tested against a peer that says exact bytes": {
        "api/answers.py": "api/test_replies.py api/test_bounds.py",
        "api/connections.py": "api/test_network.py api/test_tls.py",
        "api/proxies.py": "api/test_tls.py api/test_privacy.py",
        "api/transport.py": "api/test_last_moment.py api/test_network.py",
    },
    "its test file has the name of what the user sees": {
        "fields/duplicates.py": "fields/test_filecheck.py",
        "model/data_types.py": "fields/test_data_types.py",
        "settings/profile_schema.py": "settings/test_profiles.py",
    },
    "a file of failed rows is tested from writing to reading": {
        "sheets/failed_rows/formula_guard.py": "sheets/failed_rows/test_reader.py sheets/failed_rows/test_writer.py",
        "sheets/failed_rows/layout.py": "sheets/failed_rows/test_reader.py sheets/failed_rows/test_writer.py",
        "sheets/failed_rows/original_columns.py": "sheets/failed_rows/test_reader.py sheets/failed_rows/test_writer.py",
        "sheets/failed_rows/original_rows.py": "sheets/failed_rows/test_reader.py sheets/failed_rows/test_writer.py",
    },
    "the pretend server is tested as its clients see it": {
        "practice/answers.py": "practice/test_faults.py",
        "practice/records.py": "practice/test_server.py",
        "practice/wire.py": "practice/test_faults.py practice/test_server.py",
    },
    "a reading is tested from bytes to table, case by case beside the number of its rule": {
        "sheets/containers/xml_parser.py": "sheets/formats/test_xlsx_entities.py",
        "sheets/formats/biff_values.py": "sheets/formats/test_other_workbooks.py",
        "sheets/formats/ods/cell_formats.py": "sheets/formats/test_ods.py",
        "sheets/formats/ods/sheet_reader.py": "sheets/formats/test_ods.py",
        "sheets/formats/xlsx/attributes.py": "sheets/formats/test_xlsx_entities.py",
        "sheets/formats/xlsx/row_pattern.py": "sheets/formats/test_xlsx.py",
        "sheets/formats/xlsx/sheet_parser.py": "sheets/formats/test_xlsx.py",
        "sheets/table/cell_layout.py": "sheets/test_quick_ways.py",
        "sheets/table/columns.py": "sheets/test_cases_sheets.py",
        "sheets/table/header_search.py": "sheets/table/test_header_finder.py",
        "sheets/table/table_notes.py": "sheets/cells/test_notes.py",
        "sheets/cells/builtin_formats.py": "sheets/cells/test_number_format.py",
        "sheets/cells/converter.py": "sheets/test_cases_cells.py sheets/cells/test_notes.py",
        "sheets/cells/date_format.py": "sheets/cells/test_number_format.py",
        "sheets/containers/ole_compound.py": "sheets/formats/test_refusals.py sheets/test_cases_law.py",
        "sheets/delimited/alternative.py": "sheets/delimited/test_codepage_detection.py sheets/delimited/test_text_reader.py",
        "sheets/delimited/dialect.py": "sheets/delimited/test_text_reader.py",
        "sheets/delimited/row_builder.py": "sheets/delimited/test_text_reader.py sheets/test_quick_ways.py",
        "sheets/delimited/tokenizer.py": "sheets/delimited/test_text_reader.py sheets/test_quick_ways.py",
        "sheets/formats/messages.py": "sheets/formats/test_unsupported.py",
        "sheets/formats/ods/content.py": "sheets/formats/test_ods.py",
        "sheets/formats/ods/styles.py": "sheets/formats/test_ods.py",
        "sheets/formats/ods/values.py": "sheets/formats/test_ods.py",
        "sheets/formats/xls.py": "sheets/formats/test_other_workbooks.py sheets/test_cases_law.py",
        "sheets/formats/xlsb.py": "sheets/formats/test_other_workbooks.py sheets/test_cases_law.py",
        "sheets/formats/xlsx/shared_strings.py": "sheets/formats/test_xlsx_entities.py",
        "sheets/formats/xlsx/sheet.py": "sheets/formats/test_xlsx.py sheets/formats/test_xlsx_entities.py",
        "sheets/formats/xlsx/workbook.py": "sheets/formats/test_xlsx.py",
        "sheets/open_file.py": "sheets/formats/test_registry.py sheets/formats/test_refusals.py",
        "sheets/reader.py": "sheets/process/test_worker_tables.py sheets/test_fuzz_files.py",
        "sheets/table/builder.py": "sheets/test_cases_sheets.py sheets/test_quick_ways.py",
        "sheets/table/read_progress.py": "sheets/formats/test_xlsx.py sheets/process/test_first_rows.py",
        "sheets/table/row_assembler.py": "sheets/formats/test_xlsx_entities.py sheets/test_quick_ways.py",
        "sheets/table/sheet_reading.py": "sheets/test_cases_sheets.py",
    },
    "the reading process is tested with both its ends": {
        "sheets/process/table_json.py": "sheets/process/test_worker_tables.py",
        "sheets/process/parse_process.py": "sheets/process/test_worker_hostile.py sheets/process/test_worker_tables.py",
        "sheets/process/protocol.py": "sheets/process/test_worker_hostile.py",
        "sheets/process/receiver.py": "sheets/process/test_limits.py sheets/process/test_worker_tables.py",
        "sheets/process/windows_job.py": "sheets/process/test_limits.py",
        "sheets/process/worker.py": "sheets/process/test_worker_tables.py",
    },
    "it is a part of the journal, whose promises are tested through the journal": {
        "uploads/journal/dates.py": "uploads/journal/test_retention.py",
        "uploads/journal/reader.py": "uploads/journal/test_journal.py",
        "uploads/journal/storage/database.py": "uploads/journal/test_journal.py uploads/journal/storage/test_corruption.py",
        "uploads/journal/journal_rows.py": "uploads/journal/test_journal.py",
        "uploads/journal/plan_json.py": "uploads/journal/test_journal.py uploads/journal/storage/test_schema.py",
    },
    "it is a part of a run, which is tested with a clock that the test moves": {
        "uploads/sending/queue/backlog.py": "uploads/sending/test_engine.py uploads/sending/test_model_based.py",
        "uploads/sending/queue/departures.py": "uploads/sending/test_engine.py uploads/sending/test_engine_waits.py",
        "uploads/planning/plan_builder.py": "uploads/journal/sent_rows/test_duplicate_lookup.py uploads/planning/test_drift.py",
        "uploads/sending/preparation.py": "uploads/sending/test_engine.py uploads/planning/test_drift.py",
        "uploads/sending/worker_pool.py": "uploads/sending/test_engine_traffic.py uploads/sending/test_engine_over_http.py",
    },
}
TABLE = {module: tests.split() for modules in ELSEWHERE.values() for module, tests in modules.items()}


def mirrored(module: str) -> Path:
    """Return the path at which the test file of a module is expected."""
    path = Path(module)
    return TESTS / path.parent / f"test_{path.name}"


@pytest.fixture(scope="module")
def modules() -> list[str]:
    """Return every module but those that only describe a package."""
    files = [file.relative_to(PRODUCT) for file in PRODUCT.rglob("*.py") if file.name != "__init__.py"]
    return sorted(file.as_posix() for file in files if file.parts[0] not in UNTOUCHED)


def test_each_module_has_its_test_file(modules: list[str]) -> None:
    assert [module for module in modules if not mirrored(module).exists() and module not in TABLE] == []


def test_who_has_its_test_file_or_is_gone_stands_in_no_table(modules: list[str]) -> None:
    assert [module for module in TABLE if module not in modules or mirrored(module).exists()] == []
    assert len(TABLE) == sum(map(len, ELSEWHERE.values())), "one reason each"


def test_the_tests_that_are_named_are_there() -> None:
    assert [test for tests in TABLE.values() for test in tests if not (TESTS / test).is_file()] == []


def test_what_only_says_what_a_package_holds_does_nothing() -> None:
    """So that it needs no test."""
    files = [file for file in PRODUCT.rglob("__init__.py") if file.parent != PRODUCT]
    assert [file for file in files if len(ast.parse(file.read_text("utf-8")).body) != 1] == []
