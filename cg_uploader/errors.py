"""The one tree of run failures; each class has an exit code, each sentence says what to do next.

UploaderError
├── UsageError            2   what was asked for cannot work; nothing was sent
│   ├── ProfileError          a profile or setup file that cannot be used
│   ├── MappingError          a column or heading that cannot be mapped
│   ├── ConsentMissing        the run would invite people and nobody agreed to that
│   └── AlreadyUploaded       this file has an unfinished run, or rows accepted before
├── FileError             3   the file cannot be read (kind: missing, locked, password, damaged, …)
├── ConnectError          4   no way to CustomerGauge before the first row
│   ├── CredentialsRefused    the sign-in was answered with "no"
│   └── NotReachable          no connection, an untrusted one, or no usable answer
│       └── ProxyLoginWanted      a proxy wants a user name and a password
├── JournalError          5   the record of the run cannot be kept or used
│   ├── RunHeld               another program works on this run
│   ├── RunChanged            what is recorded of one run is not as it was written
│   └── DiskFull              there is no space for the record
└── Cancelled             130 the user stopped it

A failure of one row is not here: it is a value (``model.Outcome``).  A bug is any other exception.
"""

from __future__ import annotations


class UploaderError(Exception):
    """A failure of the whole task: one sentence (where, what, what to do), a kind for programs, an exit code."""

    exit_code = 5
    kind = "failed"

    def __init__(self, sentence: object, *, kind: str | None = None) -> None:
        """Keep ``sentence``, a text or a message that becomes one; ``kind`` narrows the class's own word."""
        super().__init__(str(sentence))
        self.message = sentence
        self.sentence = str(sentence)
        if kind is not None:
            self.kind = kind

    def as_data(self) -> dict[str, str | int]:
        """The failure as the command line's JSON shape has it."""
        return {"kind": self.kind, "text": self.sentence, "exit": self.exit_code}


class UsageError(UploaderError):
    """What was asked for cannot work; nothing was sent."""

    exit_code = 2
    kind = "usage"


class ProfileError(UsageError):
    """A profile or setup file that cannot be used; the sentence names the key at fault."""

    kind = "profile"


class MappingError(UsageError):
    """A column or heading that cannot be mapped; the sentence names it."""

    kind = "mapping"


class ConsentMissing(UsageError):
    """The run would invite people and nobody agreed to that; the sentence says how many."""

    kind = "consent"


class AlreadyUploaded(UsageError):
    """The same content was sent before, wholly or in part; the sentence names run and date."""

    kind = "already-uploaded"


class FileError(UploaderError):
    """The file cannot be read; ``kind`` is one of the words of the reading rules (password, damaged, empty, …)."""

    exit_code = 3
    kind = "unreadable"


class ConnectError(UploaderError):
    """No way to CustomerGauge: nothing was sent."""

    exit_code = 4
    kind = "connection"


class CredentialsRefused(ConnectError):
    """The sign-in was answered with "no"."""

    kind = "credentials"


class NotReachable(ConnectError):
    """No connection, an untrusted one, or no usable answer from the sign-in address.

    ``retry_after``: seconds to wait before the next try, as the answer asked; None when it did not.
    """

    kind = "unreachable"

    def __init__(self, sentence: object, *, kind: str | None = None, retry_after: float | None = None) -> None:
        """No row was sent."""
        super().__init__(sentence, kind=kind)
        self.retry_after = retry_after


class ProxyLoginWanted(NotReachable):
    """The proxy at ``host_port`` (host:port) wants a user name and a password, or does not accept those it was given."""

    kind = "proxy-login"

    def __init__(self, sentence: object, *, kind: str | None = None, host_port: str = "") -> None:
        """Nothing was sent through that proxy."""
        super().__init__(sentence, kind=kind)
        self.host_port = host_port


class JournalError(UploaderError):
    """The record of the run cannot be kept or used; what was recorded stays as it is."""

    exit_code = 5
    kind = "journal"


class RunHeld(JournalError):
    """Another program works on this run."""

    kind = "run-held"


class RunChanged(JournalError):
    """What is recorded of one run is not as it was written; the sentence names it, and the others can be used."""

    kind = "run-changed"


class DiskFull(JournalError):
    """There is no space for the record of the run."""

    kind = "disk-full"


class Cancelled(UploaderError):
    """The user stopped it."""

    exit_code = 130
    kind = "cancelled"
