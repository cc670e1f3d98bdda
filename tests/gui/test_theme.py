"""Colours that can be read, in light and dark, and a switch that dresses everything anew."""

from __future__ import annotations

from dataclasses import asdict

import pytest
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from windows import TIMEOUT_MS

from cg_uploader.gui import theme as theme_module
from cg_uploader.gui.theme import DARK, LIGHT, Colours, Scheme, Theme, style_sheet
from cg_uploader.gui.widgets.icons import IconShape
from cg_uploader.gui.widgets.inputs import PushButton

TEXTS_ON_GROUNDS = [
    *((text, ground) for text in ("text", "quiet") for ground in ("window", "surface", "raised", "accent_soft")),
    *((tone, ground) for tone in ("good", "warning", "error", "accent") for ground in ("window", "surface", "accent_soft")),
    *((tone, f"{tone}_soft") for tone in ("good", "warning", "error", "accent")),
    *(("text", f"{tone}_soft") for tone in ("good", "warning", "error", "accent")),
    *(("quiet", f"{tone}_soft") for tone in ("good", "warning", "error", "accent")),
    ("on_accent", "accent"),
    ("on_accent", "accent_hover"),
]


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    parts = (QColor(colour).redF(), QColor(colour).greenF(), QColor(colour).blueF())
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXTS_ON_GROUNDS, ids=str)
def test_every_text_stands_out_from_its_ground(colours: Colours, text: str, ground: str) -> None:
    assert contrast(getattr(colours, text), getattr(colours, ground)) >= 4.5


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_edges_of_controls_can_be_seen(colours: Colours) -> None:
    assert contrast(colours.edge, colours.surface) >= 3
    assert contrast(colours.accent, colours.window) >= 3


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_the_style_sheet_names_every_colour_and_leaves_no_placeholder(colours: Colours) -> None:
    sheet = style_sheet(colours)
    assert "@" not in sheet
    assert all(colour in sheet for colour in asdict(colours).values())


def test_choosing_a_scheme_changes_palette_and_tells(qtbot: QtBot, theme: Theme, qapp: QApplication) -> None:
    try:
        with qtbot.waitSignal(theme.changed, timeout=TIMEOUT_MS):
            theme.choose(Scheme.DARK)
        assert theme.colours is DARK
        assert qapp.palette().color(QPalette.ColorRole.Window).name().upper() == DARK.window
        assert DARK.accent in qapp.styleSheet()
    finally:
        theme.choose(Scheme.LIGHT)
    assert theme_module.colours_in_use() is LIGHT


def test_fonts_grow_with_the_systems(theme: Theme, qapp: QApplication) -> None:
    assert theme_module.scaled(1.6).pointSizeF() == pytest.approx(1.6 * qapp.font().pointSizeF())


def test_the_icon_of_a_button_grows_with_its_text(qtbot: QtBot) -> None:
    button = PushButton("Stop", shape=IconShape.STOP)
    qtbot.addWidget(button)
    before, font = button.iconSize().width(), button.font()
    font.setPointSizeF(3 * font.pointSizeF())
    button.setFont(font)
    assert button.iconSize().width() > before
