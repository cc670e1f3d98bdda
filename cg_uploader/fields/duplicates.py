"""Who is in a file: rows that share an identifier, phone numbers of several people, how many people are invited."""

from __future__ import annotations

from array import array
from collections.abc import Iterator

from cg_uploader.fields.configuration import Identifiers, identifying_heading, normalize_identifier
from cg_uploader.fields.duplicate_index import DuplicateIndex, Duplicates
from cg_uploader.fields.headings import quote
from cg_uploader.fields.problems import Problem, add_advice
from cg_uploader.model.data_types import PERSON, Repeat, facts_of
from cg_uploader.model.enums import Identity, Level
from cg_uploader.model.plan import Plan
from cg_uploader.model.request import Request
from cg_uploader.translation import _, ngettext

DUPLICATE, SHARED_PHONE = "duplicate", "shared-phone"


class DuplicateFinder:
    """Gathers the identifiers of the rows that are ready, and finds those that an earlier row has too."""

    def __init__(self, plan: Plan) -> None:
        """A data type without documented identifiers may invite people too. They are counted by email and phone."""
        configuration = plan.configuration
        headings = [heading for heading, _position, _constant in plan.bindings]
        facts = facts_of(configuration.data_type)
        self._inviting = facts.inviting
        self._adding = facts.repeat is Repeat.ADDS
        self._identifiers = Identifiers(configuration, headings)
        if self._inviting and not self._identifiers.known:
            self._identifiers = Identifiers(configuration, headings, PERSON)
        phone, email = (identifying_heading(configuration, identity) for identity in (Identity.PHONE, Identity.EMAIL))
        self._phone_heading, self._email_heading = phone or "", email or ""
        self._with_phones = phone in headings and email in headings
        self._keys, self._phones, self._pairs = DuplicateIndex(), DuplicateIndex(), DuplicateIndex()
        self._repeated = 0

    def add(self, position: int, request: Request) -> None:
        """Take the row at ``position`` into account."""
        key = self._identifiers.key(request)
        if key is not None:
            self._keys.add(position, key)
        if self._with_phones:
            values = dict(request.pairs)
            digits = normalize_identifier(Identity.PHONE, values.get(self._phone_heading, ""))
            if digits and (email := values.get(self._email_heading, "")):
                self._phones.add(position, digits)
                self._pairs.add(position, f"{digits} {normalize_identifier(Identity.EMAIL, email)}")

    def find_duplicates(self) -> Iterator[tuple[str, Duplicates]]:
        """Find the rows that repeat something of an earlier row: a kind of problem, and its rows.

        A phone number is named once for each further e-mail address that it stands beside.
        """
        duplicates = self._keys.find_duplicates()
        self._repeated = len(duplicates[0])
        yield DUPLICATE, duplicates
        phones = self._phones.find_duplicates()
        same_person = set(self._pairs.find_duplicates()[0]) if phones[0] else ()
        others = [(row, earlier) for row, earlier in zip(*phones, strict=True) if row not in same_person]
        yield SHARED_PHONE, (array("I", [row for row, _earlier in others]), array("I", [earlier for _row, earlier in others]))

    def count_invited(self, ready: int) -> tuple[int, int] | None:
        """Count (people, different addresses) that ``ready`` rows may invite. None where no row invites.

        A row without an identifier counts as another person.
        """
        return (ready, ready - self._repeated) if self._inviting else None

    def describe_todo(self, count: int) -> str:
        """Write the line of the to-do list about duplicates."""
        if self._inviting:
            line = ngettext(
                "{count} row repeats the person of an earlier row, who would be invited twice",
                "{count} rows repeat the person of an earlier row, who would be invited twice",
                count,
            )
        elif self._adding:
            line = ngettext(
                "{count} row repeats the identifier of an earlier row; each is recorded",
                "{count} rows repeat the identifier of an earlier row; each is recorded",
                count,
            )
        else:
            line = ngettext(
                "{count} row repeats the identifier of an earlier row; the last one wins",
                "{count} rows repeat the identifier of an earlier row; the last one wins",
                count,
            )
        return line.format(count=f"{count:,}")

    def make_problem(self, kind: str, request: Request, earlier: Request) -> Problem:
        """Make the problem of a row that repeats something of an earlier one."""
        if kind == DUPLICATE:
            heading, message = self._identifiers.heading(request), self._describe_duplicate(request, earlier)
        else:
            heading, message = self._phone_heading, self._describe_shared_phone(request, earlier)
        where = _("Row {row}").format(row=request.row)
        return Problem(request.row, None, heading, Level.WARNING, kind, add_advice(message, kind), where)

    def _describe_duplicate(self, request: Request, earlier: Request) -> str:
        if self._inviting:
            text = _("{identifier} is in row {row} already. The same person may be invited twice.")
        elif self._adding:
            text = _("{identifier} is in row {row} already. Each row is recorded.")
        else:
            text = _("{identifier} is in row {row} already. The last row that is sent wins.")
        return text.format(identifier=quote(self._identifiers.who(request)), row=earlier.row)

    def _describe_shared_phone(self, request: Request, earlier: Request) -> str:
        phone = dict(request.pairs).get(self._phone_heading, "")
        email = dict(earlier.pairs).get(self._email_heading, "")
        text = _("The phone number {phone} belongs to {email} in row {row}. One of the two may be wrong.")
        return text.format(phone=quote(phone), email=quote(email), row=earlier.row)
