"""Scripts, which tell the pretend CustomerGauge how to misbehave, row by row.

A script is one JSON object.  Every key may be left out, and any other key is refused by name.

=================  ====================================================================================================
key                meaning
=================  ====================================================================================================
rules              list of rules. The first one that matches a request, and has not acted ``times`` times, acts
random             ``{"seed": 1, "share": 0.1, "do": [...]}``: for requests that no rule takes, this share gets one of ``do``
                   (names or actions). The same seed treats the same request, sent for the nth time, in the same way
token              list of actions for the sign-in address, one per request in turn, and then the default
expires_in         what a sign-in answers by default: seconds (3600), a text, or null to leave it out
token_calls        how many records a sign-in is good for. Further ones get a 401 until the next sign-in. 0: any number (0)
configurations     list of ``{"reference", "data_type", "headings", "required", "key"}``, on top of those that are ready.
                   ``headings`` left out: any is known. ``required``: headings, or lists of alternatives
open               true: a reference that is not known takes any heading and requires nothing
keys               how a 422 names a field: ``plain`` (``Email``) or ``record`` (``record.Email``)
message            what a 422 says in ``message``: ``stock`` (up to Laravel 8) or ``first`` (the first error, from 9)
longest_target     a request target of more bytes is answered with 414 (8177)
remember           how many requests the ledger keeps in memory (20000). 0: counts only
=================  ====================================================================================================

A rule is ``{"when": ..., "do": ..., "times": n}`` plus what an action may have.  Without ``times`` it acts for ever.

==========================================  ===========================================================================
when                                        matches
==========================================  ===========================================================================
``{"Email": "x@y.org"}``                    a record whose fields have these texts
``{"record": 7}``                           the 7th different record. One that is sent again is the same record
``{"any": true}``                           every request
==========================================  ===========================================================================

An action is a name of ``answers.RECORD_FAULTS`` (for ``token``: ``answers.TOKEN_FAULTS``), or an object with ``do`` and:
``status``, ``body`` (text), ``headers`` (object), ``seconds`` (Retry-After, or the pause between two bytes), ``errors``
(object: heading to sentence, list or object), ``keys``, ``message``, ``query`` (redirects: false leaves the query out),
``processed`` (true or false: whether the record takes effect), ``times``.  For ``token`` it may also have ``expires_in``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from cg_uploader.errors import UsageError
from cg_uploader.model.enums import DataType
from cg_uploader.practice.answers import RECORD_FAULTS, TOKEN_FAULTS, Fault, Misbehaviour
from cg_uploader.practice.configurations import PracticeConfiguration
from cg_uploader.practice.ledger import REMEMBERED
from cg_uploader.practice.records import DEFAULT_STYLE, Keys, RefusalMessage, Style
from cg_uploader.practice.script import MAX_TARGET_BYTES, Mix, Rule, Script
from cg_uploader.system.named_file import is_there, read_named

Kind = TypeVar("Kind")

MAX_BYTES = 16 << 20
_SCRIPT = (
    *("rules", "random", "token", "expires_in", "token_calls", "configurations", "open"),
    *("keys", "message", "longest_target", "remember"),
)
_ACTION = ("do", "times", "status", "body", "headers", "seconds", "errors", "keys", "message", "query", "processed")
_TOKEN_ACTION = ("do", "times", "status", "body", "headers", "seconds", "expires_in")


def read(file: Path) -> Script:
    """Read the script in a file.

    Raises:
        UsageError: the file cannot be read, or is no script. The sentence names the file or the key.
    """
    try:
        content = json.loads(read_named(file, MAX_BYTES).decode("utf-8-sig"))
    except OSError as error:
        if not is_there(file):  # what was typed may be anything
            raise UsageError("There is no such file to be the script.") from error
        raise UsageError(f"The script {file} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"The script {file} is not JSON: {error}.") from error
    return parse(content)


def parse(content: object) -> Script:
    """Make a script from JSON values as described above.

    Raises:
        UsageError: it is no script. The sentence names the key.
    """
    part = _Part("script", content, _SCRIPT)
    style = part.style(DEFAULT_STYLE)
    return Script(
        rules=tuple(_rule(where, item, style) for where, item in part.items("rules")),
        token=tuple(_sign_in(where, item) for where, item in part.items("token")),
        mix=_mix(part.content.get("random", {}), style),
        configurations=tuple(_configuration(where, item) for where, item in part.items("configurations")),
        expires_in=part.content.get("expires_in", 3600),
        token_calls=part.get("token_calls", int, 0),
        open=part.get("open", bool, False),
        style=style,
        max_target_bytes=part.get("longest_target", int, MAX_TARGET_BYTES),
        remember=part.get("remember", int, REMEMBERED),
    )


class _Part:
    """One JSON object of a script.  ``where`` names it in messages, such as ``script.rules[0]``."""

    def __init__(self, where: str, value: object, allowed: tuple[str, ...]) -> None:
        """Take the object.

        Raises:
            UsageError: it is none, or has a key that is not known.
        """
        if not isinstance(value, dict):
            raise _wrong(where, "an object", value)
        for key in value:
            if key not in allowed:
                raise UsageError(f"{where}.{key} is not a key of a script. Known here: {', '.join(allowed)}.")
        self.where = where
        self.content: Mapping[str, object] = value

    def get(self, key: str, kind: type[Kind], default: Kind) -> Kind:
        """Return a value, which must be of that kind."""
        value = self.content.get(key, default)
        if not isinstance(value, kind) or (kind is not bool and isinstance(value, bool)):
            raise _wrong(f"{self.where}.{key}", _EXPECTED[kind], value)
        if isinstance(value, int) and value < 0:
            raise _wrong(f"{self.where}.{key}", "a number from 0", value)
        return value

    def number(self, key: str, default: float) -> float:
        """Return a number from 0, whole or not."""
        value = self.content.get(key, default)
        if not isinstance(value, int | float) or isinstance(value, bool) or not value >= 0:
            raise _wrong(f"{self.where}.{key}", "a number from 0", value)
        return float(value)

    def text(self, key: str) -> str:
        """Return a text, which must be there."""
        if key not in self.content:
            raise UsageError(f"{self.where}.{key} is missing.")
        return self.get(key, str, "")

    def items(self, key: str) -> list[tuple[str, object]]:
        """Return the items of a list, each with its name for messages."""
        value: list[object] = self.get(key, list, [])
        return [(f"{self.where}.{key}[{n}]", item) for n, item in enumerate(value)]

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts."""
        return tuple(_text(where, item) for where, item in self.items(key))

    def style(self, default: Style) -> Style:
        """Return the style that the keys ``keys`` and ``message`` give."""
        keys, message = self.get("keys", str, default.keys.value), self.get("message", str, default.message.value)
        if keys not in list(Keys):
            raise _wrong(f"{self.where}.keys", " or ".join(Keys), keys)
        if message not in list(RefusalMessage):
            raise _wrong(f"{self.where}.message", " or ".join(RefusalMessage), message)
        return Style(Keys(keys), RefusalMessage(message))


_EXPECTED: Mapping[type, str] = {str: "a text", int: "a whole number", bool: "true or false", list: "a list", dict: "an object"}


def _wrong(where: str, expected: str, value: object) -> UsageError:
    return UsageError(f"{where}: expected {expected}, found {json.dumps(value, ensure_ascii=False, default=str)[:80]}.")


def _text(where: str, value: object) -> str:
    if not isinstance(value, str):
        raise _wrong(where, "a text", value)
    return value


def _mix(value: object, style: Style) -> Mix:
    part = _Part("script.random", value, ("seed", "share", "do"))
    share = part.number("share", 0.1)
    if share > 1:
        raise _wrong("script.random.share", "a number from 0 to 1", share)
    return Mix(part.get("seed", int, 1), share, tuple(_action(where, item, style) for where, item in part.items("do")))


def _rule(where: str, value: object, style: Style) -> Rule:
    part = _Part(where, value, ("when", *_ACTION))
    when: dict[str, object] = part.get("when", dict, {})
    action = _action(where, {key: item for key, item in part.content.items() if key != "when"}, style)
    times = part.get("times", int, 0) if "times" in part.content else None
    if not when or ("any" in when and when != {"any": True}):
        raise _wrong(f"{where}.when", 'fields with texts, {"record": n} or {"any": true}', when)
    if "any" in when:
        return Rule(action, times=times)
    if "record" in when and not isinstance(when["record"], str):
        return Rule(action, record=_Part(f"{where}.when", when, ("record",)).get("record", int, 0), times=times)
    return Rule(action, tuple((key, _text(f"{where}.when.{key}", text)) for key, text in when.items()), times=times)


def _action(where: str, value: object, style: Style) -> Misbehaviour:
    part = _Part(where, {"do": value} if isinstance(value, str) else value, _ACTION)
    if part.text("do") == "status" and "status" not in part.content:
        raise UsageError(f"{where}.status is missing.")
    return replace(
        _plain_action(part, RECORD_FAULTS),
        errors=part.get("errors", dict, {}) if "errors" in part.content else None,
        style=part.style(style),
        query=part.get("query", bool, True),
        processed=part.get("processed", bool, False) if "processed" in part.content else None,
    )


def _sign_in(where: str, value: object) -> Rule:
    part = _Part(where, {"do": value} if isinstance(value, str) else value, _TOKEN_ACTION)
    action = replace(_plain_action(part, TOKEN_FAULTS), expires_in=part.content.get("expires_in", 3600))
    return Rule(action, times=part.get("times", int, 1))


def _plain_action(part: _Part, table: Mapping[str, Fault]) -> Misbehaviour:
    """Make an action from what records and sign-ins have in common."""
    do = part.text("do")
    if do not in table:
        raise UsageError(f"{part.where}.do: “{do}” is not something this server can do. It can: {', '.join(table)}.")
    status = part.get("status", int, 0) if "status" in part.content else None
    if status is not None and not 200 <= status <= 599:
        raise _wrong(f"{part.where}.status", "a number from 200 to 599", status)
    headers = part.get("headers", dict, {})
    for name, value in headers.items():
        if not f"{name}{_text(f'{part.where}.headers.{name}', value)}".isprintable() or not f"{name}{value}".isascii():
            raise _wrong(f"{part.where}.headers.{name}", "plain printable text", value)
    return Misbehaviour(
        do,
        status=status,
        body=part.text("body") if "body" in part.content else None,
        headers=tuple(headers.items()),
        seconds=part.number("seconds", 0.0) if "seconds" in part.content else None,
    )


def _configuration(where: str, value: object) -> PracticeConfiguration:
    part = _Part(where, value, ("reference", "data_type", "headings", "required", "key"))
    data_type = part.text("data_type")
    if data_type not in list(DataType):
        raise _wrong(f"{where}.data_type", "one of " + ", ".join(DataType), data_type)
    required = tuple(
        (item,) if isinstance(item, str) else _Part(where_item, {"of": item}, ("of",)).texts("of")
        for where_item, item in part.items("required")
    )
    return PracticeConfiguration(
        part.text("reference"), DataType(data_type), part.texts("headings"), required, part.texts("key")
    )
