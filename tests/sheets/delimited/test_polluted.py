from __future__ import annotations

from pathlib import Path

import pytest
from polluted import COLUMNS, ROWS, Variant, clean_table, score, variants

from cg_uploader.sheets.open_file import parse
from cg_uploader.sheets.options import ReadOptions
from cg_uploader.sheets.table.read_progress import ReadControl

EVERYTHING = list(variants())
SAMPLE = [variant for variant in EVERYTHING if variant.family == "file"] + EVERYTHING[50::9]


def test_there_are_as_many_variants_as_in_the_benchmark_and_none_is_there_twice() -> None:
    assert len(EVERYTHING) > 2_200
    assert len({variant.name for variant in EVERYTHING}) == len(EVERYTHING)
    assert len(SAMPLE) <= 300


@pytest.mark.slow
def test_polluted_files_are_read_without_a_word_to_help(tmp_path: Path) -> None:
    scores = {variant.name: score(variant, tmp_path) for variant in SAMPLE}
    worst = sorted(scores, key=lambda name: scores[name])[:10]
    assert sum(scores.values()) / len(scores) > 9.9, [(name, scores[name]) for name in worst]


@pytest.mark.parametrize("family", ["one_delimiter_more", "one_delimiter_less", "one_quote_more"])
def test_one_bad_row_costs_that_row_alone(tmp_path: Path, family: str) -> None:
    chosen = [variant for variant in SAMPLE if variant.family == family and "_row0_" not in variant.name][::8]
    for variant in chosen:
        bad = int(variant.name.split("_row")[1].split("_")[0])
        for number, cells in _rows(variant, tmp_path):
            if number != bad + 1:
                assert cells[:COLUMNS] == tuple(clean_table()[number - 1]), (variant.name, number)


def _rows(variant: Variant, folder: Path) -> list[tuple[int, tuple[str, ...]]]:
    path = folder / "one.csv"
    path.write_bytes(variant.content())
    table = parse(path, ReadOptions(), ReadControl())
    rows = [(row.number, row.cells) for row in table.rows]
    table.rows.close()
    assert len(rows) == ROWS - 1
    return rows
