"""What this computer remembers of accepted rows, as a file for a colleague, and what a colleague's file says.

The file says whose it is, when it was made and how many rows it has.  Keyed hashes, times, addresses, references and the key
are sealed by a code that the program makes up (100 random bits).  The code travels another way than the file: without it the
file says nothing about any row.  With both, guesses can be tried, such as one e-mail address after the other, so both belong
in a colleague's hands alone.
"""

from __future__ import annotations

import base64
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from cg_uploader.errors import UsageError
from cg_uploader.system.atomic_file import saved_whole
from cg_uploader.system.child_processes import computer_name
from cg_uploader.translation import _, ngettext
from cg_uploader.uploads.journal.dates import day_of, iso
from cg_uploader.uploads.journal.locks import who_i_am
from cg_uploader.uploads.journal.sent_rows import earlier_export_format, entries, export_format
from cg_uploader.uploads.journal.sent_rows.export_format import ENTRY, Contents, Header, damaged, read_version


@dataclass(frozen=True, slots=True)
class ImportedSentRows:
    """Whose memory it is, when it was made and when it came; how many ``rows`` it knows, ``perhaps`` of them unsurely."""

    name: str
    made: str
    imported: str
    rows: int
    perhaps: int

    @property
    def as_kept(self) -> str:
        """What of it is here, for the user."""
        text = ngettext(
            "{count:,} accepted row of {name}, as it stood on {made}, imported on {imported}.",
            "{count:,} accepted rows of {name}, as they stood on {made}, imported on {imported}.",
            self.rows - self.perhaps,
        )
        return self._filled(text)

    @property
    def as_taken_in(self) -> str:
        """What has just come, for the user."""
        text = ngettext(
            "{count:,} accepted row that {name} had sent by {made}: remembered here now.",
            "{count:,} accepted rows that {name} had sent by {made}: remembered here now.",
            self.rows - self.perhaps,
        )
        return self._filled(text)

    def _filled(self, text: str) -> str:
        made, imported = day_of(self.made), day_of(self.imported)
        sentence = text.format(count=self.rows - self.perhaps, name=self.name, made=made, imported=imported)
        return sentence + _unsure(self.perhaps)


def _unsure(count: int) -> str:
    """Return the sentence to add about rows that only perhaps arrived; empty when there are none."""
    text = ngettext("{count:,} more may have arrived.", "{count:,} more may have arrived.", count)
    return " " + text.format(count=count) if count else ""


def code_advice() -> str:
    """Say how the code travels, and why."""
    return _(
        "Tell your colleague the code another way than you hand over the file. With both it can be found out whether "
        "a known row, or a known e-mail address, is among the rows."
    )


class SentRowsFile:
    """The memory of one journal, outgoing and incoming."""

    def __init__(
        self, db: sqlite3.Connection, secret: bytes, change: Callable[[], AbstractContextManager[sqlite3.Connection]]
    ) -> None:
        """``change`` makes one commit."""
        self._db = db
        self._secret = secret
        self._change = change

    def rows(self) -> int:
        """How many rows this computer has recorded itself: a row can have several entries."""
        return entries.rows_of(self._db, entries.OWN)[0]

    def in_words(self) -> tuple[str, ...]:
        """What is remembered, for the user: of this computer, then a line for each file that was imported."""
        rows, perhaps = entries.rows_of(self._db, entries.OWN)
        text = ngettext(
            "This computer remembers {count:,} accepted row that it has sent itself.",
            "This computer remembers {count:,} accepted rows that it has sent itself.",
            rows - perhaps,
        )
        return (text.format(count=rows - perhaps) + _unsure(perhaps), *(one.as_kept for one in self.imports()))

    def imports(self) -> list[ImportedSentRows]:
        """Whose memories were taken in, the oldest first."""
        origins = self._db.execute("select name, made, imported, id from origin order by id").fetchall()
        return [ImportedSentRows(name, made, came, *entries.rows_of(self._db, origin)) for name, made, came, origin in origins]

    def export_to(self, target: Path) -> tuple[int, str]:
        """Write everything this computer has recorded to ``target``, whole or not at all: of how many rows, and the code.

        Raises:
            UsageError: There is nothing to export, or ``target`` cannot be written.
        """
        with self._one_moment():
            places = self._db.execute("select id, records, reference from place order by id").fetchall()
            count = self.rows()
            if not count:
                raise UsageError(_("Nothing has been accepted from this computer yet, so there is nothing to export."))
            code = base64.b32encode(os.urandom(15)).decode().lower()[:20]
            name = f"{who_i_am() or 'a user without a name'} on {computer_name() or 'another computer'}"
            header = Header(name, iso(), self._db.execute("select count(*) from memory where origin = 0").fetchone()[0])
            addresses = [(records, reference) for _id, records, reference in places]
            packed = self._packed([place for place, _records, _reference in places])
            with saved_whole(target) as part, part.open("wb") as stream:
                export_format.write(stream, code, header, self._secret, addresses, packed)
        return count, "-".join(code[at : at + 5] for at in range(0, len(code), 5))

    @contextmanager
    def _one_moment(self) -> Iterator[None]:
        """What is read meanwhile is what stood there at first, whatever another program remembers."""
        self._db.execute("begin")
        try:
            yield
        finally:
            self._db.execute("rollback")

    def _packed(self, places: list[int]) -> Iterator[bytes]:
        index = {place: at for at, place in enumerate(places)}
        for subject, fingerprint, sure, answered, place in entries.own_entries(self._db):
            yield ENTRY.pack(subject, fingerprint, sure, answered, index[place])

    def import_from(self, file: Path, code: str) -> ImportedSentRows:
        """Take in what ``file`` says, all of it or nothing.  Doing it again changes nothing.

        Raises:
            FileError: It is no such file, of a later version, damaged, cut, or the code does not open it.
            UsageError: It was exported from this computer.
        """
        sent = _read_contents(file, code)
        with closing(sent.blocks):
            if sent.key == self._secret:
                sentence = _("{file} was exported from this computer, so there is nothing to add.")
                raise UsageError(sentence.format(file=file.name))
            header, imported = sent.header, iso()
            with self._change() as db:
                db.execute(
                    "insert into origin (name, secret, made, imported) values (?, ?, ?, ?) on conflict (secret)"
                    " do update set name = excluded.name, made = max(made, excluded.made), imported = excluded.imported",
                    (header.name, sent.key, header.made, imported),
                )
                (origin,) = db.execute("select id from origin where secret = ?", (sent.key,)).fetchone()
                places = [entries.place_of(db, records, reference) for records, reference in sent.places]
                entries.take_in(db, origin, _entries(file, sent, places))
        return ImportedSentRows(header.name, header.made, imported, *entries.rows_of(self._db, origin))


def announced(file: Path) -> str:
    """Return what a file of sent rows says of itself, for the user.

    Raises:
        FileError: It is no such file, of a later version, damaged or cut.
    """
    earlier = read_version(file) < export_format.VERSION
    header = earlier_export_format.read_header(file) if earlier else export_format.read_header(file)
    return _("Accepted rows of {name}, as they stood on {made}.").format(name=header.name, made=day_of(header.made))


def _read_contents(file: Path, code: str) -> Contents:
    if read_version(file) < export_format.VERSION:
        return earlier_export_format.read_contents(file, code)
    return export_format.read_contents(file, code)


def _entries(file: Path, sent: Contents, places: list[int]) -> Iterator[entries.Entry]:
    """Unpack the entries of a file, with the numbers that its places have here."""
    now = time.time()  # a colleague's clock that is ahead would otherwise outdo what happens here later
    for block in sent.blocks:
        for subject, fingerprint, sure, answered, place in ENTRY.iter_unpack(block):
            if place >= len(places) or not answered >= 0:  # the seal is right, so it was made so
                raise damaged(file)
            yield subject, fingerprint, sure, min(answered, now), places[place]
