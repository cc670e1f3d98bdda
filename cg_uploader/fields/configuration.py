"""What a configuration's data type means for a row: required headings, identifiers, whether it may be sent twice."""

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
    """Find the headings of this configuration of which each row needs at least one per tuple, as marked or as documented.

    Documented headings count where the configuration has them: headings are the customer's own, and a configuration that
    calls them otherwise may be complete all the same. For the same reason any field of email addresses or phone numbers
    stands in for Email and Phone. The heading that makes a row repeatable is left out, because a row without it can be sent,
    once. A group that contains another one adds nothing and is left out.
    """
    groups: list[tuple[str, ...]] = [(field.heading,) for field in configuration.fields if field.required]
    facts = facts_of(configuration.data_type)
    for names in facts.required:
        if facts.repeatable_by is not None and names == (_DOCUMENTED[facts.repeatable_by],):
            continue
        headings = [heading for name in names if (heading := _find_heading(configuration, name)) is not None]
        if len(names) > 1:
            headings += [field.heading for field in configuration.fields if field.kind in _PERSONAL]
        group = tuple(dict.fromkeys(headings))
        if group and not any(set(other) <= set(group) for other in groups):
            groups.append(group)
    return groups


def missing_headings(configuration: Configuration, headings: Collection[str]) -> set[str]:
    """Find the required headings that are not among ``headings``, those that are sent."""
    groups = required_groups(configuration)
    return {heading for group in groups if not any(name in headings for name in group) for heading in group}


def _find_heading(configuration: Configuration, documented: str) -> str | None:
    """Find what this configuration calls a documented heading. None when it has no such field."""
    identity = _IDENTITY_OF.get(documented)
    if identity is not None:
        return identifying_heading(configuration, identity)
    return documented if configuration.field(documented) else None


def identifying_heading(configuration: Configuration, identity: Identity) -> str | None:
    """Find the heading that carries an identity: as marked in the configuration, else the documented one if it is there."""
    marked = next((field.heading for field in configuration.fields if field.identifies is identity), None)
    return marked or (_DOCUMENTED[identity] if configuration.field(_DOCUMENTED[identity]) else None)


def _find_keys(configuration: Configuration, identities: tuple[Identity, ...]) -> list[tuple[Identity, str]]:
    """Find what decides order and duplicates: the marked headings, and the documented ones only where none is marked."""
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
    """Parse headings that were typed or pasted, one a line or between tabs. Each is kept to the letter, blank ones are not."""
    parts = re.split(r"\r\n|[\n\r\t]", text.removeprefix("\ufeff"))
    return tuple(part for part in parts if part.strip())


class Identifiers:
    """Whom a row is about, for order and duplicates. Made once per plan.

    Attributes:
        known: Whether anything that is sent identifies a row. If not, rows are sent one at a time.
        first: The heading that is looked at before others.
    """

    def __init__(self, configuration: Configuration, headings: Collection[str], others: tuple[Identity, ...] = ()) -> None:
        """``headings``: those that are sent. ``others``: look for these, not for those of the configuration's data type."""
        identities = others or facts_of(configuration.data_type).identifiers
        keys = _find_keys(configuration, identities)
        self._keys = tuple((identity, heading) for identity, heading in keys if heading in headings)
        self.known = bool(self._keys)
        self.first = self._keys[0][1] if self._keys else None
        account = identifying_heading(configuration, Identity.ACCOUNT)
        by_account = any(identity is Identity.ACCOUNT for identity, _ in self._keys)
        self._account = account if account in headings and not by_account else None

    def key(self, request: Request) -> str | None:
        """Give a key that is equal for rows about the same thing (``email:ann@example.com``). None without an identifier."""
        for identity, heading in self._keys:
            for name, value in request.pairs:
                if name == heading and value and (text := normalize_identifier(identity, value)):
                    return f"{identity.value}:{text}"
        return None

    def account(self, request: Request) -> str | None:
        """Give the account that the row belongs to. None when it names none, or is the account itself."""
        if self._account is None:
            return None
        return next((value for name, value in request.pairs if name == self._account and value), None)

    def heading(self, request: Request) -> str | None:
        """Give the heading whose value identifies the row. None when there is none."""
        values = dict(request.pairs)
        identifying = (heading for identity, heading in self._keys if normalize_identifier(identity, values.get(heading, "")))
        return next(identifying, None)

    def who(self, request: Request) -> str:
        """Give the identifier as the row has it. Empty when there is none."""
        heading = self.heading(request)
        return "" if heading is None else dict(request.pairs)[heading]


def normalize_identifier(identity: Identity, text: str) -> str:
    """Give the part of an identifier that tells two apart: an e-mail address in lower case, a phone number's digits."""
    if identity is Identity.EMAIL:
        return text.casefold()
    if identity is Identity.PHONE:
        return "".join(filter(str.isdecimal, text))
    return text
