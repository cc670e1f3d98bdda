"""What a configuration's data type means for a row: required headings, identifiers, and whether it may be sent twice."""

from __future__ import annotations

import re
from collections.abc import Collection

from cg_uploader.model.configuration import Configuration
from cg_uploader.model.data_types import facts_of
from cg_uploader.model.enums import FieldKind, Identity
from cg_uploader.model.request import Request

_DOCUMENTED = {
    Identity.EMAIL: "Email",
    Identity.PHONE: "Phone",
    Identity.ACCOUNT: "Account Name",
    Identity.REFERENCE: "Reference",
    Identity.ALIAS: "Alias",
}
_IDENTITY_OF = {heading: identity for identity, heading in _DOCUMENTED.items()}
_PERSONAL = (FieldKind.EMAIL, FieldKind.PHONE)
# Where no identifier is documented, whatever is marked counts, the most personal first.
_MARKED_ONLY = (Identity.EMAIL, Identity.PHONE, Identity.REFERENCE, Identity.ALIAS, Identity.ACCOUNT)


def required_groups(configuration: Configuration) -> list[tuple[str, ...]]:
    """Headings of this configuration of which each row needs at least one per tuple, as marked or as documented.

    Documented headings count where the configuration has them: headings are the customer's own, and a configuration that
    calls them otherwise may be complete all the same.  For the same reason any field that holds email addresses or phone
    numbers stands in for Email and Phone.  The heading that makes a row repeatable is left out: a row without it can be
    sent, once.
    A group that holds all of another one says nothing more and is left out.
    """
    groups: list[tuple[str, ...]] = [(field.heading,) for field in configuration.fields if field.required]
    facts = facts_of(configuration.data_type)
    for names in facts.required:
        if facts.repeatable_by is not None and names == (_DOCUMENTED[facts.repeatable_by],):
            continue
        here = [heading for name in names if (heading := _called(configuration, name)) is not None]
        if len(names) > 1:
            here += [field.heading for field in configuration.fields if field.kind in _PERSONAL]
        group = tuple(dict.fromkeys(here))
        if group and not any(set(other) <= set(group) for other in groups):
            groups.append(group)
    return groups


def missing_headings(configuration: Configuration, headings: Collection[str]) -> set[str]:
    """The required headings that ``headings``, those that are sent, leave out."""
    groups = required_groups(configuration)
    return {heading for group in groups if not any(name in headings for name in group) for heading in group}


def _called(configuration: Configuration, documented: str) -> str | None:
    """What this configuration calls a documented heading; None when it has no such field."""
    identity = _IDENTITY_OF.get(documented)
    if identity is not None:
        return identifying_heading(configuration, identity)
    return documented if configuration.field(documented) else None


def identifying_heading(configuration: Configuration, identity: Identity) -> str | None:
    """The heading that carries an identity: as marked in the configuration, else the documented one if it is there."""
    marked = next((field.heading for field in configuration.fields if field.identifies is identity), None)
    return marked or (_DOCUMENTED[identity] if configuration.field(_DOCUMENTED[identity]) else None)


def _key_headings(configuration: Configuration, identities: tuple[Identity, ...]) -> list[tuple[Identity, str]]:
    """What decides order and duplicates: the marked headings, and the documented ones only where none is marked."""
    marked = [
        (identity, field.heading)
        for identity in identities or _MARKED_ONLY
        for field in configuration.fields
        if field.identifies is identity
    ]
    if marked:
        return marked
    return [(identity, _DOCUMENTED[identity]) for identity in identities if configuration.field(_DOCUMENTED[identity])]


def once_only(configuration: Configuration, request: Request) -> bool:
    """Whether a second sending of this row could do harm: its type is not repeatable, or the row lacks what makes it so."""
    facts = facts_of(configuration.data_type)
    if facts.repeatable and facts.repeatable_by is not None:
        heading = identifying_heading(configuration, facts.repeatable_by)
        return not any(value.strip() for name, value in request.pairs if name == heading)
    return not facts.repeatable


def parse_headings(text: str) -> tuple[str, ...]:
    """Headings typed or pasted, one a line or between tabs, otherwise to the letter; blank ones are left out."""
    parts = re.split(r"\r\n|[\n\r\t]", text.removeprefix("\ufeff"))
    return tuple(part for part in parts if part.strip())


class Identifiers:
    """Whom a row is about, for order and duplicates; made once per plan.

    ``known`` False: nothing that is sent identifies a row, so rows go one at a time.  ``first``: the heading that is asked
    before others.
    """

    def __init__(self, configuration: Configuration, headings: Collection[str], others: tuple[Identity, ...] = ()) -> None:
        """``headings``: those that are sent.  ``others``: look for these, not for those of the configuration's data type."""
        identities = others or facts_of(configuration.data_type).identifiers
        keys = _key_headings(configuration, identities)
        self._keys = tuple((identity, heading) for identity, heading in keys if heading in headings)
        self.known = bool(self._keys)
        self.first = self._keys[0][1] if self._keys else None
        account = identifying_heading(configuration, Identity.ACCOUNT)
        by_account = any(identity is Identity.ACCOUNT for identity, _ in self._keys)
        self._account = account if account in headings and not by_account else None

    def key(self, request: Request) -> str | None:
        """Equal for rows about the same thing (``email:ann@example.com``); None when the row names nobody."""
        for identity, heading in self._keys:
            for name, value in request.pairs:
                if name == heading and value and (text := comparable(identity, value)):
                    return f"{identity.value}:{text}"
        return None

    def account(self, request: Request) -> str | None:
        """The account that the row belongs to; None when it names none, or is the account itself."""
        if self._account is None:
            return None
        return next((value for name, value in request.pairs if name == self._account and value), None)

    def heading(self, request: Request) -> str | None:
        """The heading whose value identifies the row; None when it names nobody."""
        values = dict(request.pairs)
        return next((heading for identity, heading in self._keys if comparable(identity, values.get(heading, ""))), None)

    def who(self, request: Request) -> str:
        """The identifier as a person reads it; empty when there is none."""
        heading = self.heading(request)
        return "" if heading is None else dict(request.pairs)[heading]


def comparable(identity: Identity, text: str) -> str:
    """The part of an identifier that tells two apart: an e-mail address in lower case, a telephone number's digits."""
    if identity is Identity.EMAIL:
        return text.casefold()
    if identity is Identity.PHONE:
        return "".join(filter(str.isdecimal, text))
    return text
