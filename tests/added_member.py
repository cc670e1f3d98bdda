"""Adds a member to a closed set for one test, as a line in ``model/enums.py`` would."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

import pytest

Kind = TypeVar("Kind", bound=StrEnum)


def add_member(monkeypatch: pytest.MonkeyPatch, kind: type[Kind], name: str, value: str) -> Kind:
    """Make ``kind`` have one member more until the end of the test, and return it."""
    member = str.__new__(kind, value)
    member._name_ = name
    member._value_ = value
    monkeypatch.setitem(kind._member_map_, name, member)
    monkeypatch.setitem(kind._value2member_map_, value, member)
    monkeypatch.setattr(kind, "_member_names_", [*kind._member_names_, name])
    assert kind(value) is member
    assert list(kind)[-1] is member
    return member
