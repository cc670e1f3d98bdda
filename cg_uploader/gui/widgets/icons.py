"""Small line icons, drawn from paths at the size and in the colour that is asked for, crisp at any scale."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPainterPath, QPen, QPixmap


class IconShape(StrEnum):
    """The drawings, on a field of 24 × 24.  ``M x y`` moves, ``L x y`` draws a line, ``O x y r`` a circle, ``.`` a dot."""

    CHECK = "M 5 12.5 L 10 17.5 L 19.5 7"
    GOOD = "O 12 12 9 M 7.5 12.3 L 10.8 15.5 L 16.5 9"
    WARNING = "M 12 3.5 L 22 20.5 L 2 20.5 L 12 3.5 M 12 10 L 12 14.5 . 12 17.5"
    ERROR = "O 12 12 9 M 8.5 8.5 L 15.5 15.5 M 15.5 8.5 L 8.5 15.5"
    INFORMATION = "O 12 12 9 . 12 7.8 M 12 11.5 L 12 16.5"
    QUESTION = "O 12 12 9 M 9 9.5 L 9.6 8 L 11 7 L 13 7 L 14.4 8 L 15 9.5 L 14.3 11 L 12 13 L 12 14 . 12 16.8"
    CIRCLE = "O 12 12 9"
    HALF = "O 12 12 9 M 8 12 L 16 12"
    MINUS = "M 5 12 L 19 12"
    UP = "M 6 15.5 L 12 9.5 L 18 15.5"
    DOWN = "M 6 9.5 L 12 15.5 L 18 9.5"
    FILE = "M 14 3 L 6 3 L 6 21 L 18 21 L 18 7 L 14 3 M 14 3 L 14 7 L 18 7 M 9 12 L 15 12 M 9 16 L 15 16"
    HISTORY = "O 12 12 9 M 12 7 L 12 12 L 15.5 14"
    HELP = "O 12 12 9 M 9 9.5 L 9.6 8 L 11 7 L 13 7 L 14.4 8 L 15 9.5 L 14.3 11 L 12 13 L 12 14 . 12 16.8"
    SETTINGS = "M 4 7 L 13 7 M 19 7 L 20 7 O 16 7 2.5 M 4 17 L 5 17 M 11 17 L 20 17 O 8 17 2.5"
    EYE = (
        "M 2.5 12 L 6 8.2 L 9.5 6.4 L 12 6 L 14.5 6.4 L 18 8.2 L 21.5 12 L 18 15.8 L 14.5 17.6 L 12 18 "
        "L 9.5 17.6 L 6 15.8 L 2.5 12 O 12 12 3"
    )
    PAUSE = "M 9 6 L 9 18 M 15 6 L 15 18"
    PLAY = "M 8 5.5 L 18 12 L 8 18.5 L 8 5.5"
    STOP = "M 6.5 6.5 L 17.5 6.5 L 17.5 17.5 L 6.5 17.5 L 6.5 6.5"
    UPLOAD = "M 12 16 L 12 4 M 7 9 L 12 4 L 17 9 M 5 20 L 19 20"
    UNDO = "M 8 5 L 4 9 L 8 13 M 4 9 L 15 9 L 18 10.2 L 19.5 13 L 18 15.8 L 15 17 L 9 17"
    REDO = "M 16 5 L 20 9 L 16 13 M 20 9 L 9 9 L 6 10.2 L 4.5 13 L 6 15.8 L 9 17 L 15 17"


def _path(shape: IconShape) -> QPainterPath:
    path = QPainterPath()
    words = iter(shape.value.split())
    for word in words:
        x, y = float(next(words)), float(next(words))
        if word == "M":
            path.moveTo(x, y)
        elif word == "L":
            path.lineTo(x, y)
        elif word == "O":
            radius = float(next(words))
            path.addEllipse(QPointF(x, y), radius, radius)
        else:
            path.addEllipse(QPointF(x, y), 0.4, 0.4)
    return path


def paint(painter: QPainter, shape: IconShape, where: QRectF, colour: str, width: float = 2.0) -> None:
    """Draw ``shape`` into ``where``.  ``width`` is the line's, on the field of 24."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(where.topLeft())
    painter.scale(where.width() / 24, where.height() / 24)
    pen = QPen(QColor(colour), width)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.drawPath(_path(shape))
    painter.restore()


def pixmap(shape: IconShape, colour: str, size: int, ratio: float) -> QPixmap:
    """``shape`` as a picture of ``size`` device-independent pixels for a screen of ``ratio`` pixels each."""
    picture = QPixmap(QSize(round(size * ratio), round(size * ratio)))
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    paint(painter, shape, QRectF(0, 0, size, size), colour)
    painter.end()
    return picture


def icon(shape: IconShape, colour: str, size: int = 20) -> QIcon:
    """``shape`` for a button, for screens of one, two and three pixels per point."""
    result = QIcon()
    for ratio in (1.0, 2.0, 3.0):
        result.addPixmap(pixmap(shape, colour, size, ratio))
    return result
