"""Who is in a file: rows that share an identifier, telephone numbers of several people, how many people are invited."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence

from cg_uploader.fields.configuration import Identifiers, comparable, identifying_heading
from cg_uploader.fields.duplicate_index import Repeats
from cg_uploader.fields.headings import shown
from cg_uploader.fields.problems import WHAT_TO_DO, Problem, counted
from cg_uploader.model.data_types import PERSON, Repeat, facts_of
from cg_uploader.model.enums import Identity, Level
from cg_uploader.model.plan import Plan
from cg_uploader.model.request import Request

DUPLICATE, SHARED_PHONE = "duplicate", "shared-phone"


class People:
    """Gathers the identifiers of the rows that can go."""

    def __init__(self, plan: Plan) -> None:
        """A data type without documented identifiers may invite people too: they are counted by the headings of a person."""
        configuration = plan.configuration
        headings = [heading for heading, _, _ in plan.wires]
        facts = facts_of(configuration.data_type)
        self._inviting = facts.inviting
        self._adding = facts.repeat is Repeat.ADDS
        self._identifiers = Identifiers(configuration, headings)
        if self._inviting and not self._identifiers.known:
            self._identifiers = Identifiers(configuration, headings, PERSON)
        self._phone_headings = [identifying_heading(configuration, one) for one in (Identity.PHONE, Identity.EMAIL)]
        self._with_phones = all(heading in headings for heading in self._phone_headings)
        self._keys, self._phones, self._pairs = Repeats(), Repeats(), Repeats()
        self._repeated = 0

    def add(self, position: int, request: Request) -> None:
        """Take the row at ``position`` into account."""
        key = self._identifiers.key(request)
        if key is not None:
            self._keys.add(position, key)
        if self._with_phones:
            values = dict(request.pairs)
            phone, email = self._phone_headings
            digits = comparable(Identity.PHONE, values.get(phone or "", ""))
            if digits and (email := values.get(email or "", "")):
                self._phones.add(position, digits)
                self._pairs.add(position, f"{digits} {comparable(Identity.EMAIL, email)}")

    def repeats(self) -> Iterator[tuple[str, tuple[Sequence[int], Sequence[int]]]]:
        """Kind of problem, positions of the rows concerned, and for each the position of the earlier row it repeats.

        A phone number is told once for each further e-mail address that it stands beside.
        """
        duplicates = self._keys.found()
        self._repeated = len(duplicates[0])
        yield DUPLICATE, duplicates
        phones = self._phones.found()
        same_person = set(self._pairs.found()[0]) if phones[0] else ()
        others = [pair for pair in zip(*phones, strict=True) if pair[0] not in same_person]
        yield SHARED_PHONE, (array("I", [one for one, _ in others]), array("I", [other for _, other in others]))

    def invited(self, ready: int) -> tuple[int, int] | None:
        """(people, different addresses) that ``ready`` rows may invite; a row that names nobody counts as somebody else."""
        return (ready, ready - self._repeated) if self._inviting else None

    def line(self, count: int) -> str:
        """The line of the to-do list about duplicates."""
        rows = counted(count, "row repeats", "rows repeat")
        if self._inviting:
            return f"{rows} a person of an earlier row, who would be invited twice"
        return f"{rows} the identifier of an earlier row; {'each is recorded' if self._adding else 'the last one wins'}"

    def problem(self, kind: str, request: Request, earlier: Request) -> Problem:
        """The problem of a row that repeats something of an earlier one."""
        if kind == DUPLICATE:
            found = f"{shown(self._identifiers.who(request))} is in row {earlier.row} already."
            harm = "Each row is recorded." if self._adding else "The last row that is sent wins."
            harm = "The same person may be invited twice." if self._inviting else harm
            heading = self._identifiers.heading(request)
        else:
            heading, by = self._phone_headings
            phone, other = dict(request.pairs).get(heading or "", ""), dict(earlier.pairs).get(by or "", "")
            found = f"The phone number {shown(phone)} belongs to {shown(other)} in row {earlier.row}."
            harm = "One of the two may be wrong."
        return Problem(
            request.row, None, heading, Level.WARNING, kind, f"{found} {harm} {WHAT_TO_DO[kind]}", f"Row {request.row}"
        )
