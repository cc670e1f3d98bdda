"""The judgement of one record as a stock Laravel service gives it: configuration, missing fields, and the 422."""

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
    """What ``message`` says in a 422: a stock sentence (up to Laravel 8), or the first error (from Laravel 9)."""

    STOCK = "stock"
    FIRST = "first"


@dataclass(frozen=True, slots=True)
class Style:
    """The two habits in which Laravel services differ."""

    keys: Keys = Keys.PLAIN
    message: RefusalMessage = RefusalMessage.STOCK

    def key(self, heading: str) -> str:
        """Return a field's key in ``errors``."""
        return heading if self.keys is Keys.PLAIN else f"record.{heading}"

    def refusal(self, errors: Mapping[str, object]) -> bytes:
        """Return the JSON body of a 422."""
        message = LARAVEL_8_MESSAGE
        if self.message is RefusalMessage.FIRST:
            sentences = [text for texts in errors.values() for text in (texts if isinstance(texts, list) else [texts])]
            more = len(sentences) - 1
            message = str(sentences[0]) if sentences else ""
            message += f" (and {more} more error{'s' if more > 1 else ''})" if more > 0 else ""
        return json.dumps({"message": message, "errors": errors}).encode()

    def required(self, names: tuple[str, ...]) -> tuple[str, str]:
        """Return the key and the sentence for a required entry that holds no text."""
        keys = [self.key(name) for name in names]
        sentence = f"The {display_name(keys[0])} field is required"
        if len(keys) > 1:
            verb = "is" if len(keys) == 2 else "are"
            sentence += f" when {' / '.join(display_name(key) for key in keys[1:])} {verb} not present"
        return keys[0], sentence + "."


DEFAULT_STYLE = Style()


def display_name(attribute: str) -> str:
    """Return Laravel's display name: ``record.Account Name`` → ``record. account name``, ``NPS`` → ``n p s``."""
    if attribute.isascii() and attribute.isalpha() and attribute.islower():
        return attribute
    words = re.sub(r"(?:^|(?<=\s))\S", lambda match: match[0].upper(), attribute)
    joined = re.sub(r"(.)(?=[A-Z])", r"\1_", re.sub(r"\s+", "", words))
    return joined.lower().replace("_", " ")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the service makes of one record."""

    reference: str | None
    # Names and values as PHP hands them over, in order.
    pairs: tuple[tuple[str, str], ...]
    # The same, trimmed. None: blank.
    values: Mapping[str, str | None]
    # None: the reference is not known.
    configuration: PracticeConfiguration | None = None
    # What the record is about.
    key: str | None = None
    # Headings that the configuration does not know.
    ignored: tuple[str, ...] = ()
    # The 422 it would answer. None: the record is fine.
    refusal: PracticeAnswer | None = None


def judge(query: PhpArray, known: Mapping[str, PracticeConfiguration], style: Style, *, is_open: bool) -> Verdict:
    """Judge one parsed query.

    Args:
        query: what PHP makes of the query string.
        known: configurations by reference.
        style: of the 422.
        is_open: an unknown reference is a configuration that takes any heading.
    """
    record = query.get("record")
    pairs = pairs_of(record) if isinstance(record, dict) else ()
    values = {name: trimmed(text) for name, text in pairs}
    reference = _trimmed_text(query.get("configuration"))
    configuration = known.get(reference) if reference else None
    if configuration is None and reference and is_open:
        configuration = PracticeConfiguration(reference, DataType.CONTACT, key=("Email", "Phone"))
    errors = _configuration_errors(reference, configuration)
    if not pairs:
        errors |= _record_errors(record)
    elif configuration is not None:
        errors |= {key: [sentence] for key, sentence in map(style.required, configuration.missing(values))}
    refusal = PracticeAnswer(422, style.refusal(errors)) if errors else None
    if configuration is None:
        return Verdict(reference, pairs, values, refusal=refusal)
    return Verdict(
        reference, pairs, values, configuration, configuration.key_of(values), configuration.ignored(values), refusal
    )


def _trimmed_text(value: object) -> str | None:
    return trimmed(value) if isinstance(value, str) else None


def _configuration_errors(reference: str | None, configuration: PracticeConfiguration | None) -> dict[str, object]:
    if reference is None:
        return {"configuration": ["The configuration field is required."]}
    return {} if configuration is not None else {"configuration": ["The selected configuration is invalid."]}


def _record_errors(record: object) -> dict[str, object]:
    """Return the error of a record without fields."""
    return {"record": ["The record must be an array." if _trimmed_text(record) else "The record field is required."]}


def pairs_of(record: PhpArray) -> tuple[tuple[str, str], ...]:
    """Return names and texts of a record in order.  A nested value comes as JSON."""
    return tuple((str(name), value if isinstance(value, str) else json.dumps(value)) for name, value in record.items())
