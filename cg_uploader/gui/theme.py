"""How the window looks: colours for light and dark, one scale of sizes, the style sheet, the system's scheme or the user's."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication, QStyleFactory

# The grid, in device-independent pixels: every gap is a multiple of it or its half.
SPACE = 8


class Scheme(StrEnum):
    """Which colours: the system's, or what the user chose."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True)
class Colours:
    """One set of colours.  Every text colour has a contrast of at least 4.5 : 1 on every ground it is used on."""

    window: str
    surface: str
    raised: str
    line: str
    edge: str
    text: str
    quiet: str
    accent: str
    accent_hover: str
    on_accent: str
    accent_soft: str
    good: str
    good_soft: str
    warning: str
    warning_soft: str
    error: str
    error_soft: str


LIGHT = Colours(
    window="#F4F6F8",
    surface="#FFFFFF",
    raised="#EDF0F4",
    line="#DDE2E8",
    edge="#8A95A3",
    text="#17202B",
    quiet="#505C6A",
    accent="#1B5FAA",
    accent_hover="#154C89",
    on_accent="#FFFFFF",
    accent_soft="#E3EDF8",
    good="#17703F",
    good_soft="#E2F3E8",
    warning="#825200",
    warning_soft="#FCF0D9",
    error="#B0261E",
    error_soft="#FBE7E5",
)

DARK = Colours(
    window="#14181D",
    surface="#1C2127",
    raised="#272D35",
    line="#333B45",
    edge="#778392",
    text="#E7EBF0",
    quiet="#AAB4C0",
    accent="#8ABBF5",
    accent_hover="#A9CDF8",
    on_accent="#0C1B2C",
    accent_soft="#20344B",
    good="#74D19A",
    good_soft="#193527",
    warning="#EFC062",
    warning_soft="#3A2F17",
    error="#FF9A91",
    error_soft="#432322",
)


class Theme(QObject):
    """The colours in use.  ``changed`` comes after palette and style sheet of the application are the new ones."""

    changed = Signal()

    def __init__(self, application: QApplication, scheme: Scheme = Scheme.SYSTEM) -> None:
        """Dress ``application`` and follow the system's colour scheme from now on."""
        super().__init__(application)
        self._application = application
        self._scheme = scheme
        application.setStyle(QStyleFactory.create("Fusion"))
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._system_changed)
        self._dress()

    @property
    def scheme(self) -> Scheme:
        """What the user chose."""
        return self._scheme

    @property
    def colours(self) -> Colours:
        """The colours in use now."""
        return colours_in_use()

    def choose(self, scheme: Scheme) -> None:
        """Use ``scheme`` from now on."""
        self._scheme = scheme
        self._dress()

    def _system_changed(self) -> None:
        if self._scheme is Scheme.SYSTEM:
            self._dress()

    def _dress(self) -> None:
        dark = self._scheme is Scheme.DARK
        if self._scheme is Scheme.SYSTEM:
            dark = QGuiApplication.styleHints().colorScheme() is Qt.ColorScheme.Dark
        colours = DARK if dark else LIGHT
        self._application.setPalette(palette(colours))
        self._application.setStyleSheet(style_sheet(colours))
        self.changed.emit()


def colours_in_use() -> Colours:
    """The set whose window colour the application's palette has."""
    return DARK if QGuiApplication.palette().color(QPalette.ColorRole.Window).name().upper() == DARK.window else LIGHT


def palette(colours: Colours) -> QPalette:
    """Qt's palette for what the style sheet does not draw."""
    role = QPalette.ColorRole
    result = QPalette()
    for where, colour in {
        role.Window: colours.window,
        role.WindowText: colours.text,
        role.Base: colours.surface,
        role.AlternateBase: colours.window,
        role.Text: colours.text,
        role.PlaceholderText: colours.quiet,
        role.Button: colours.surface,
        role.ButtonText: colours.text,
        role.BrightText: colours.error,
        role.Highlight: colours.accent,
        role.HighlightedText: colours.on_accent,
        role.Accent: colours.accent,
        role.Link: colours.accent,
        role.LinkVisited: colours.accent,
        role.ToolTipBase: colours.raised,
        role.ToolTipText: colours.text,
        role.Light: colours.surface,
        role.Midlight: colours.line,
        role.Mid: colours.line,
        role.Dark: colours.edge,
        role.Shadow: colours.window,
    }.items():
        result.setColor(where, QColor(colour))
    for where in (role.WindowText, role.Text, role.ButtonText):
        result.setColor(QPalette.ColorGroup.Disabled, where, QColor(colours.quiet))
    return result


def scaled(factor: float, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """The application's font, ``factor`` times as large: 1.6 titles, 1.15 headings of sections, 0.92 captions."""
    font = QApplication.font()
    font.setPointSizeF(font.pointSizeF() * factor)
    font.setWeight(weight)
    return font


def style_sheet(colours: Colours) -> str:
    """The application's style sheet."""
    text = _SHEET
    for field in sorted(fields(Colours), key=lambda f: -len(f.name)):
        text = text.replace(f"@{field.name}", str(getattr(colours, field.name)))
    return text


_SHEET = """
QPushButton::menu-indicator { image: none; width: 0; }
QToolTip { background: @raised; color: @text; border: 1px solid @edge; padding: 4px; }
QMainWindow, QDialog { background: @window; }

QFrame[role="rail"] { background: @surface; border: none; border-right: 1px solid @line; }
QFrame[role="footer"] { background: @surface; border: none; border-top: 1px solid @line; }
QFrame[role="card"] { background: @surface; border: 1px solid @line; border-radius: 8px; }
QFrame[role="line"] { background: @line; border: none; max-height: 1px; min-height: 1px; }
QScrollArea, QScrollArea > QWidget > QWidget { background: transparent; border: none; }
QStackedWidget { background: transparent; }

QLabel[role="quiet"] { color: @quiet; }
QLabel[tone="good"] { color: @good; }
QLabel[tone="warning"] { color: @warning; }
QLabel[tone="error"] { color: @error; }
QLabel[tone="quiet"] { color: @quiet; }
QLabel[tone="accent"] { color: @accent; }

QFrame[role="banner"] { border: 1px solid @line; border-radius: 6px; background: @raised; }
QFrame[role="banner"][tone="good"] { background: @good_soft; border-color: @good; }
QFrame[role="banner"][tone="warning"] { background: @warning_soft; border-color: @warning; }
QFrame[role="banner"][tone="error"] { background: @error_soft; border-color: @error; }
QFrame[role="banner"][tone="accent"] { background: @accent_soft; border-color: @accent; }

QDialogButtonBox { dialogbuttonbox-buttons-have-icons: 0; }
QPushButton, QToolButton[role="button"] {
    background: @surface; color: @text; border: 1px solid @edge; border-radius: 6px; padding: 6px 14px; min-height: 20px;
}
QPushButton:hover, QToolButton[role="button"]:hover { background: @raised; }
QPushButton:pressed, QToolButton[role="button"]:pressed { background: @line; }
QPushButton, QToolButton, QCheckBox, QRadioButton { outline: none; }
QPushButton:focus, QToolButton[role="button"]:focus { border: 2px solid @accent; padding: 5px 13px; }
QPushButton:disabled, QToolButton[role="button"]:disabled { background: @window; color: @quiet; border-color: @line; }
QPushButton[role="primary"] { background: @accent; color: @on_accent; border-color: @accent; font-weight: 600; }
QPushButton[role="primary"]:hover { background: @accent_hover; }
QPushButton[role="primary"]:focus { border: 2px solid @text; }
QPushButton[role="primary"]:disabled { background: @raised; color: @quiet; border-color: @line; }
QPushButton[role="plain"] { background: transparent; border-color: transparent; color: @accent; padding: 6px 8px; }
QPushButton[role="plain"]:hover { background: @accent_soft; }
QPushButton[role="plain"]:focus { border: 2px solid @accent; padding: 5px 7px; }
QPushButton[role="plain"]:disabled { color: @quiet; background: transparent; }
QPushButton[role="counter"] { padding: 8px 12px; text-align: left; border-color: @line; }
QPushButton[role="counter"]:focus { border: 2px solid @accent; padding: 7px 11px; }
QPushButton[role="counter"]:checked { background: @accent_soft; border-color: @accent; color: @text; }
QPushButton[role="group"] { padding: 8px 12px; text-align: left; border-color: @line; background: @surface; }
QPushButton[role="group"]:focus { border: 2px solid @accent; padding: 7px 11px; }
QPushButton[role="group"]:checked { background: @accent_soft; border-color: @accent; }

QPushButton[role="step"] { background: transparent; border: 2px solid transparent; border-radius: 8px; padding: 0px; }
QPushButton[role="step"]:hover { background: @raised; }
QPushButton[role="step"]:checked { background: @accent_soft; }
QPushButton[role="step"]:focus { border-color: @accent; }
QPushButton[role="step"]:disabled { background: transparent; }
QPushButton[role="beside"] {
    background: transparent; border: 2px solid transparent; border-radius: 6px; text-align: left; padding: 6px 10px;
}
QPushButton[role="beside"]:hover { background: @raised; }
QPushButton[role="beside"]:focus { border-color: @accent; }

QLineEdit, QPlainTextEdit, QTextEdit, QTextBrowser {
    background: @surface; color: @text; border: 1px solid @edge; border-radius: 6px; padding: 5px 8px;
    selection-background-color: @accent; selection-color: @on_accent;
}
QLineEdit { min-height: 20px; }
QLineEdit:focus, QPlainTextEdit:focus, QTextBrowser:focus { border: 2px solid @accent; padding: 4px 7px; }
QLineEdit:disabled, QPlainTextEdit:disabled { background: @window; color: @quiet; border-color: @line; }
QLineEdit[wrong="true"] { border: 2px solid @error; padding: 4px 7px; }

QComboBox {
    background: @surface; color: @text; border: 1px solid @edge; border-radius: 6px; padding: 5px 28px 5px 10px;
    min-height: 20px;
}
QComboBox:hover { background: @raised; }
QComboBox:focus, QComboBox:on { border: 2px solid @accent; padding: 4px 27px 4px 9px; }
QComboBox:disabled { background: @window; color: @quiet; border-color: @line; }
QComboBox::drop-down { border: none; width: 24px; }
QComboBox::down-arrow { image: none; }
QComboBox QAbstractItemView { background: @surface; color: @text; border: 1px solid @edge; outline: 0; padding: 4px; }
QComboBox QAbstractItemView::item { min-height: 26px; padding: 0 6px; }

QSpinBox {
    background: @surface; color: @text; border: 1px solid @edge; border-radius: 6px; padding: 5px 8px; min-height: 20px;
}
QSpinBox::up-button { subcontrol-origin: border; subcontrol-position: top right; width: 26px; border: none; }
QSpinBox::down-button { subcontrol-origin: border; subcontrol-position: bottom right; width: 26px; border: none; }
QSpinBox::up-arrow, QSpinBox::down-arrow { image: none; }
QSpinBox QLineEdit, QSpinBox QLineEdit:focus { border: none; padding: 0 0 0 9px; min-height: 0; background: transparent; }
QSpinBox:focus { border: 2px solid @accent; padding: 4px 7px; }
QSpinBox:disabled { background: @window; color: @quiet; border-color: @line; }

QCheckBox, QRadioButton { spacing: 8px; padding: 3px; border: 2px solid transparent; border-radius: 6px; }
QCheckBox:focus, QRadioButton:focus { border-color: @accent; }
QCheckBox:disabled, QRadioButton:disabled { color: @quiet; }

QCheckBox::indicator, QTableView::indicator {
    width: 16px; height: 16px; border: 1px solid @edge; border-radius: 4px; background: @surface;
}
QCheckBox::indicator:checked, QTableView::indicator:checked { background: @accent; border-color: @accent; }
QCheckBox::indicator:disabled { border-color: @line; background: @window; }
QRadioButton::indicator { width: 16px; height: 16px; border: 1px solid @edge; border-radius: 9px; background: @surface; }
QRadioButton::indicator:checked { width: 8px; height: 8px; border: 5px solid @accent; background: @on_accent; }

QTableView {
    background: @surface; alternate-background-color: @window; color: @text; border: 1px solid @line; border-radius: 6px;
    gridline-color: @line; selection-background-color: @accent_soft; selection-color: @text; outline: 0;
}
QTableView:focus { border: 2px solid @accent; }
QTableView::item { padding: 2px 8px; border: none; }
QTableView::item:selected { background: @accent_soft; color: @text; }
QTableView::item:focus { border: 2px solid @accent; }
QTableView QLineEdit { border-radius: 0; padding: 0 6px; min-height: 0; }
QTableView QComboBox { border-radius: 4px; padding: 1px 24px 1px 8px; min-height: 0; }
QHeaderView { background: @raised; border: none; }
QHeaderView::section {
    background: @raised; color: @quiet; border: none; border-right: 1px solid @line; border-bottom: 1px solid @line;
    padding: 6px 11px;
}
QAbstractScrollArea::corner { background: transparent; border: none; }
QTableCornerButton::section {
    background: @raised; border: none; border-right: 1px solid @line; border-bottom: 1px solid @line;
}

QProgressBar { background: @raised; border: none; border-radius: 5px; min-height: 10px; max-height: 10px; }
QProgressBar::chunk { background: @accent; border-radius: 5px; }

QFrame[role="drop"] { background: @surface; border: 2px dashed @edge; border-radius: 10px; }
QFrame[role="drop"][over="true"] { background: @accent_soft; border-color: @accent; }

QMenuBar { background: @surface; color: @text; border-bottom: 1px solid @line; padding: 2px; }
QMenuBar::item { padding: 4px 10px; border-radius: 4px; background: transparent; }
QMenuBar::item:selected { background: @accent_soft; }
QMenu { background: @surface; color: @text; border: 1px solid @edge; padding: 4px; }
QMenu::item { padding: 6px 24px 6px 28px; border-radius: 4px; }
QMenu::item:selected { background: @accent_soft; color: @text; }
QMenu::item:disabled { color: @quiet; }
QMenu::separator { height: 1px; background: @line; margin: 4px 8px; }

QScrollBar:vertical { background: transparent; width: 12px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 12px; margin: 0; }
QScrollBar::handle { background: @edge; border-radius: 4px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 28px; }
QScrollBar::handle:horizontal { min-width: 28px; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QSplitter::handle { background: transparent; }
"""
