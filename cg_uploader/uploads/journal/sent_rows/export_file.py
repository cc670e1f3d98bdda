"""The export of sent rows to a file for a colleague, and the import of a colleague's file.

The file says whose it is, when it was made and how many rows it has.  Keyed hashes, times, addresses, references and the key
are sealed with a code of 100 random bits.  The user sends the code another way than the file, which says nothing about any row
without it.  With both, guesses can be tried, such as one e-mail address after the other.  So only the colleague may have both.
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
from cg_uploader.uploads.journal.sent_rows import earlier_export_format, entries, export_format
from cg_uploader.uploads.journal.sent_rows.export_format import ENTRY, Contents, Header, damaged, read_version
from cg_uploader.uploads.journal.storage.run_locks import user_name


@dataclass(frozen=True, slots=True)
class ImportedSentRows:
    """What was imported of one colleague's sent rows."""

    name: str  # user and computer
    made: str  # when it was exported (ISO 8601)
    imported: str  # when it was imported (ISO 8601)
    rows: int
    unsure: int  # how many of them may have arrived

    @property
    def description(self) -> str:
        """What of it is known here, in sentences."""
        text = ngettext(
            "{count:,} accepted row of {name}, as it stood on {made}, imported on {imported}.",
            "{count:,} accepted rows of {name}, as they stood on {made}, imported on {imported}.",
            self.rows - self.unsure,
        )
        return self._filled(text)

    @property
    def import_message(self) -> str:
        """What has just been imported, in sentences."""
        text = ngettext(
            "{count:,} accepted row that {name} had sent by {made}: remembered here now.",
            "{count:,} accepted rows that {name} had sent by {made}: remembered here now.",
            self.rows - self.unsure,
        )
        return self._filled(text)

    def _filled(self, text: str) -> str:
        made, imported = day_of(self.made), day_of(self.imported)
        sentence = text.format(count=self.rows - self.unsure, name=self.name, made=made, imported=imported)
        return sentence + _unsure(self.unsure)


def _unsure(count: int) -> str:
    """Return the sentence to add about rows that may have arrived.  Empty when there are none."""
    text = ngettext("{count:,} more may have arrived.", "{count:,} more may have arrived.", count)
    return " " + text.format(count=count) if count else ""


def code_advice() -> str:
    """Say how the user sends the code, and why."""
    return _(
        "Tell your colleague the code another way than you hand over the file. With both it can be found out whether "
        "a known row, or a known e-mail address, is among the rows."
    )


class SentRowsFile:
    """Exports the sent rows of one journal, and imports those of others."""

    def __init__(
        self, db: sqlite3.Connection, secret: bytes, change: Callable[[], AbstractContextManager[sqlite3.Connection]]
    ) -> None:
        """``secret`` is the journal's key.  ``change`` makes one commit."""
        self._db = db
        self._secret = secret
        self._change = change

    def rows(self) -> int:
        """Count the rows that this computer has sent itself.  A row can have several entries."""
        return entries.rows_of(self._db, entries.OWN)[0]

    def describe(self) -> tuple[str, ...]:
        """Say what is known: a text for this computer, then one for each import."""
        rows, unsure = entries.rows_of(self._db, entries.OWN)
        text = ngettext(
            "This computer remembers {count:,} accepted row that it has sent itself.",
            "This computer remembers {count:,} accepted rows that it has sent itself.",
            rows - unsure,
        )
        own = text.format(count=rows - unsure) + _unsure(unsure)
        return (own, *(imported.description for imported in self.imports()))

    def imports(self) -> list[ImportedSentRows]:
        """Return what was imported, oldest first."""
        origins = self._db.execute("select name, made, imported, id from origin order by id").fetchall()
        return [ImportedSentRows(name, made, came, *entries.rows_of(self._db, origin)) for name, made, came, origin in origins]

    def export_to(self, target: Path) -> tuple[int, str]:
        """Write this computer's own sent rows to ``target``, whole or not at all.

        Returns:
            How many rows there are, and the code.

        Raises:
            UsageError: There is nothing to export, or ``target`` cannot be written.
        """
        with self._one_moment():
            destinations = self._db.execute("select id, records, reference from place order by id").fetchall()
            count = self.rows()
            if not count:
                raise UsageError(_("Nothing has been accepted from this computer yet, so there is nothing to export."))
            code = base64.b32encode(os.urandom(15)).decode().lower()[:20]
            # In English, because the colleague's language is not known.
            name = f"{user_name() or 'a user without a name'} on {computer_name() or 'another computer'}"
            header = Header(name, iso(), self._db.execute("select count(*) from memory where origin = 0").fetchone()[0])
            pairs = [(records, reference) for _id, records, reference in destinations]
            packed = self._packed([destination for destination, _records, _reference in destinations])
            with saved_whole(target) as part, part.open("wb") as stream:
                export_format.write(stream, code, header, self._secret, pairs, packed)
        return count, "-".join(code[start : start + 5] for start in range(0, len(code), 5))

    @contextmanager
    def _one_moment(self) -> Iterator[None]:
        """Read everything inside as it is at the beginning, whatever another program writes meanwhile."""
        self._db.execute("begin")
        try:
            yield
        finally:
            self._db.execute("rollback")

    def _packed(self, destinations: list[int]) -> Iterator[bytes]:
        index = {destination: number for number, destination in enumerate(destinations)}
        for subject, fingerprint, sure, answered, destination in entries.own_entries(self._db):
            yield ENTRY.pack(subject, fingerprint, sure, answered, index[destination])

    def import_from(self, file: Path, code: str) -> ImportedSentRows:
        """Import the sent rows in ``file``, all of them or none.  Doing it again changes nothing.

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
                destinations = [entries.destination_id(db, records, reference) for records, reference in sent.places]
                entries.add_imported(db, origin, _entries(file, sent, destinations))
        return ImportedSentRows(header.name, header.made, imported, *entries.rows_of(self._db, origin))


def describe_file(file: Path) -> str:
    """Say whose sent rows a file holds, and when it was made.

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


def _entries(file: Path, sent: Contents, destinations: list[int]) -> Iterator[entries.Entry]:
    """Iterate over the entries of a file, with the ids that its destinations have here.

    Times in the future become now, so that an entry from a clock that is ahead is not newer than what happens here later.
    """
    now = time.time()
    for block in sent.blocks:
        for subject, fingerprint, sure, answered, number in ENTRY.iter_unpack(block):
            if number >= len(destinations) or not answered >= 0:  # the seal is right, so the file was made like this
                raise damaged(file)
            yield subject, fingerprint, sure, min(answered, now), destinations[number]
