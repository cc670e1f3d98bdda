"""Messages: a sentence of the program as its kind and arguments.  The text is made when it is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from string import Formatter
from typing import Self, TypeAlias

from cg_uploader.translation import _


class MessageKind(StrEnum):
    """What a message says.  Each layer has kinds of its own.

    An entry is the word that is stored, and the sentence, marked with ``N_``.
    """

    sentence: str
    # The names of its arguments.
    names: frozenset[str]

    def __new__(cls, word: str, sentence: str) -> Self:
        """Keep the sentence beside the word.  Names in braces stand for the arguments."""
        kind = str.__new__(cls, word)
        kind._value_ = word
        kind.sentence = sentence
        kind.names = frozenset(name for _text, name, *_rest in Formatter().parse(sentence) if name)
        return kind

    def text(self, arguments: Mapping[str, Argument]) -> str:
        """Make the sentence with its arguments, in the language of the user."""
        if not self.sentence:
            return ""  # gettext answers an empty text with the catalogue's header
        return _(self.sentence).format_map(arguments)


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence of the program.  ``str`` makes its text."""

    # What it says.
    kind: MessageKind
    # The name and the value of each argument. One that is a message itself becomes its text.
    arguments: tuple[tuple[str, Argument], ...] = ()

    def __post_init__(self) -> None:
        """Check that every argument of the sentence is there.

        Raises:
            ValueError: one is missing. That is a bug, or was changed on the disk.
        """
        if self.kind.names and not self.kind.names.issubset(name for name, _value in self.arguments):
            raise ValueError(f"“{self.kind.value}” needs {', '.join(sorted(self.kind.names))}")

    def __str__(self) -> str:
        return self.kind.text(dict(self.arguments))

    def argument(self, name: str) -> Argument | None:
        """Return the argument of that name, or None."""
        return dict(self.arguments).get(name)


# What can be shown: a message, or a sentence that stays as it came, such as CustomerGauge's.
Text: TypeAlias = str | Message
Argument: TypeAlias = str | int | Message
# What is known of a row or a run: the heading that it is about ("" for the whole), and what it is.
Messages: TypeAlias = tuple[tuple[str, Text], ...]


def message_or_text(value: object) -> Text:
    """Return a message unchanged, and anything else as text."""
    return value if isinstance(value, Message) else str(value)


def message(kind: MessageKind, **arguments: Argument) -> Message:
    """Make a message of ``kind``."""
    return Message(kind, tuple(arguments.items()))


def in_one_line(messages: Messages) -> str:
    """Join the texts of ``messages``, each after its heading."""
    return " ".join(f"{heading}: {text}" if heading else str(text) for heading, text in messages)
