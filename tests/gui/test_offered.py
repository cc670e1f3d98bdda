"""What the Connect step offers to choose from comes from the tables of regions and data types."""

from __future__ import annotations

import pytest
from added_member import add_member
from pytestqt.qtbot import QtBot

from cg_uploader.gui.typed import Connection
from cg_uploader.gui.widgets.configuration_form import ConfigurationForm
from cg_uploader.gui.widgets.connection_form import ConnectionForm
from cg_uploader.gui.worker import Runner
from cg_uploader.model.data_types import DATA_TYPES, DataTypeFacts, Invites
from cg_uploader.model.enums import DataType, Region
from cg_uploader.model.regions import REGIONS, RegionFacts


def test_a_new_region_is_offered_and_recognised(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    canada = add_member(monkeypatch, Region, "CA", "ca")
    facts = RegionFacts(label="Canada (CA)", name="Canada (CA)", short="CA", recorded="CA", domain="ca.customergauge.com")
    monkeypatch.setitem(REGIONS, canada, facts)
    form = ConnectionForm()
    qtbot.addWidget(form)
    assert form.region.itemText(form.region.count() - 1) == "Canada (CA)"
    form.address.setText("cvm.ca.customergauge.com")
    assert form.chosen_region() is canada


def test_a_new_data_type_is_offered_with_its_warning(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    case = add_member(monkeypatch, DataType, "CASE", "case")
    monkeypatch.setitem(DATA_TYPES, case, DataTypeFacts(label="Cases", name="case", invites=Invites.YES))
    form = ConfigurationForm(Runner())
    qtbot.addWidget(form)
    assert form.data_type.itemText(form.data_type.count() - 1) == "Cases: sends surveys"
    form.show_connection(Connection(data_type=case))
    assert form.chosen_type() is case
    assert not form.remark.isHidden()
    form.show_connection(Connection(data_type=DataType.CONTACT))
    assert form.remark.isHidden()


def test_the_usual_choices_read_as_ever(qtbot: QtBot) -> None:
    regions, types = ConnectionForm(), ConfigurationForm(Runner())
    qtbot.addWidget(regions)
    qtbot.addWidget(types)
    assert [regions.region.itemText(at) for at in range(regions.region.count())] == [
        "Europe (EU)",
        "United States (US)",
        "Australia (AU)",
        "Practice: a pretend CustomerGauge on this computer",
    ]
    assert [types.data_type.itemText(at) for at in range(types.data_type.count())] == [
        "Choose…",
        "Contacts",
        "Accounts",
        "Account aliases",
        "Activities",
        "Survey records: sends surveys",
        "Multi-object: sends surveys",
        "External responses",
        "Revenue",
        "I don’t know",
    ]
    assert types.reference.placeholderText() == "contact"
    assert regions.address.placeholderText() == "cvm.eu.customergauge.com"
