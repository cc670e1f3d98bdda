"""Judges one record the way a stock Laravel service would: which configuration, what is missing, and the 422 that says so."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from cg_uploader.model.enums import DataType
from cg_uploader.practice.configurations import PracticeConfiguration
from cg_uploader.practice.phpquery import PhpArray, trimmed
from cg_uploader.practice.wire import PracticeAnswer

LARAVEL_8_MESSAGE = "The given data was invalid."


class Keys(StrEnum):
    """How a 422 names a field of the record."""

    PLAIN = "plain"
    RECORD = "record"


class RefusalMessage(StrEnum):
    """What ``message`` says in a 422: one stock sentence (up to Laravel 8), or the first error (from Laravel 9)."""

    STOCK = "stock"
    FIRST = "first"


@dataclass(frozen=True, slots=True)
class Style:
    """The two habits in which Laravel services differ."""

    keys: Keys = Keys.PLAIN
    message: RefusalMessage = RefusalMessage.STOCK

    def key(self, heading: str) -> str:
        """A field's key in ``errors``."""
        return heading if self.keys is Keys.PLAIN else f"record.{heading}"

    def refusal(self, errors: Mapping[str, object]) -> bytes:
        """The JSON body of a 422."""
        message = LARAVEL_8_MESSAGE
        if self.message is RefusalMessage.FIRST:
            sentences = [text for texts in errors.values() for text in (texts if isinstance(texts, list) else [texts])]
            more = len(sentences) - 1
            message = str(sentences[0]) if sentences else ""
            message += f" (and {more} more error{'s' if more > 1 else ''})" if more > 0 else ""
        return json.dumps({"message": message, "errors": errors}).encode()

    def required(self, names: tuple[str, ...]) -> tuple[str, str]:
        """The key and the sentence for a required entry that holds no text."""
        keys = [self.key(name) for name in names]
        sentence = f"The {spoken(keys[0])} field is required"
        if len(keys) > 1:
            verb = "is" if len(keys) == 2 else "are"
            sentence += f" when {' / '.join(spoken(key) for key in keys[1:])} {verb} not present"
        return keys[0], sentence + "."


DEFAULT_STYLE = Style()


def spoken(attribute: str) -> str:
    """Laravel's display name: ``record.Account Name`` → ``record. account name``, ``NPS`` → ``n p s``."""
    if attribute.isascii() and attribute.isalpha() and attribute.islower():
        return attribute
    words = re.sub(r"(?:^|(?<=\s))\S", lambda found: found[0].upper(), attribute)
    joined = re.sub(r"(.)(?=[A-Z])", r"\1_", re.sub(r"\s+", "", words))
    return joined.lower().replace("_", " ")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the service makes of one record; ``refusal`` is the 422 it would answer, None when all is fine.

    ``pairs``: names and values as PHP hands them over, in order; ``values``: the same, trimmed, None when blank.
    """

    reference: str | None
    pairs: tuple[tuple[str, str], ...]
    values: Mapping[str, str | None]
    configuration: PracticeConfiguration | None = None
    key: str | None = None
    ignored: tuple[str, ...] = ()
    refusal: PracticeAnswer | None = None


def judge(asked: PhpArray, known: Mapping[str, PracticeConfiguration], style: Style, *, anything: bool) -> Verdict:
    """Judge one parsed query; ``anything``: a reference that is not known is a configuration that takes any heading."""
    record = asked.get("record")
    pairs = pairs_of(record) if isinstance(record, dict) else ()
    values = {name: trimmed(text) for name, text in pairs}
    said = asked.get("configuration")
    reference = trimmed(said) if isinstance(said, str) else None
    configuration = known.get(reference) if reference else None
    if configuration is None and reference and anything:
        configuration = PracticeConfiguration(reference, DataType.CONTACT, key=("Email", "Phone"))
    errors: dict[str, object] = {}
    if reference is None:
        errors["configuration"] = ["The configuration field is required."]
    elif configuration is None:
        errors["configuration"] = ["The selected configuration is invalid."]
    if not pairs:
        wrong = isinstance(record, str) and trimmed(record)
        errors["record"] = ["The record must be an array." if wrong else "The record field is required."]
    if configuration is not None and pairs:
        for names in configuration.missing(values):
            key, sentence = style.required(names)
            errors[key] = [sentence]
    refusal = PracticeAnswer(422, style.refusal(errors)) if errors else None
    if configuration is None:
        return Verdict(reference, pairs, values, refusal=refusal)
    return Verdict(
        reference, pairs, values, configuration, configuration.key_of(values), configuration.ignored(values), refusal
    )


def pairs_of(record: PhpArray) -> tuple[tuple[str, str], ...]:
    """Names and texts of a record in order; a value that is itself nested comes as JSON."""
    return tuple((str(name), value if isinstance(value, str) else json.dumps(value)) for name, value in record.items())
