"""The sample fits together: window and terminal show the same demonstration."""

from __future__ import annotations

from contextlib import closing

from cg_uploader.model.configuration import Address
from cg_uploader.practice import faults
from cg_uploader.settings.sample import sample_file, sample_profile, sample_script
from cg_uploader.sheets.reader import read
from cg_uploader.uploads.planning.plan_builder import make_plan

HERE = Address("http://127.0.0.1:9/oauth2/token", "http://127.0.0.1:9/records/")


def test_the_profile_maps_the_columns_of_the_file_and_goes_to_the_practice_server() -> None:
    table = read(sample_file())
    with closing(table.rows):
        plan = make_plan(sample_profile(HERE), table)
        assert len(plan.bindings) > 3
        assert plan.address == HERE
        assert len(table.rows) > 200


def test_the_script_makes_the_practice_server_misbehave() -> None:
    assert faults.read(sample_script())
