"""The one tree of run failures.  Each class has an exit code, each sentence says what to do next.

UploaderError
├── UsageError            2   what was asked for cannot work, and nothing was sent
│   ├── ProfileError          a profile or setup file that cannot be used
│   ├── MappingError          a column or heading that cannot be mapped
│   ├── ConsentMissing        the run would invite people, and the user has not agreed
│   └── AlreadyUploaded       this file has an unfinished run, or rows accepted before
├── FileError             3   the file cannot be read (kind: missing, locked, password, damaged, …)
├── ConnectError          4   CustomerGauge cannot be used before the first row
│   ├── CredentialsRefused    CustomerGauge does not accept the Client ID and secret
│   └── NotReachable          no connection, an untrusted one, or no usable answer
│       └── ProxyLoginWanted      a proxy wants a user name and a password
├── JournalError          5   the record of the run cannot be kept or used
│   ├── RunHeld               another program works on this run
│   ├── RunChanged            what is recorded of one run is not as it was written
│   └── DiskFull              there is no space for the record
└── Cancelled             130 the user stopped the task

A failure of one row is a value (``model.Outcome``).  A bug is any other exception.
"""

from __future__ import annotations


class UploaderError(Exception):
    """A failure of the whole task."""

    # What the program ends with.
    exit_code = 5
    # The word for programs.
    kind = "failed"

    def __init__(self, sentence: object, *, kind: str | None = None) -> None:
        """Keep what the user is told.

        Args:
            sentence: where, what, what to do: a text, or a message that becomes one.
            kind: a narrower word than the class's own.
        """
        super().__init__(str(sentence))
        self.message = sentence
        self.sentence = str(sentence)
        if kind is not None:
            self.kind = kind

    def as_data(self) -> dict[str, str | int]:
        """Return the failure in the command line's JSON shape."""
        return {"kind": self.kind, "text": self.sentence, "exit": self.exit_code}


class UsageError(UploaderError):
    """What was asked for cannot work, and nothing was sent."""

    exit_code = 2
    kind = "usage"


class ProfileError(UsageError):
    """A profile or setup file that cannot be used.  The sentence names the key at fault."""

    kind = "profile"


class MappingError(UsageError):
    """A column or heading that cannot be mapped.  The sentence names it."""

    kind = "mapping"


class ConsentMissing(UsageError):
    """The run would invite people, and the user has not agreed.  The sentence says how many."""

    kind = "consent"


class AlreadyUploaded(UsageError):
    """The same content was sent before, wholly or in part.  The sentence names run and date."""

    kind = "already-uploaded"


class FileError(UploaderError):
    """The file cannot be read.  ``kind`` is a word of the reading rules (password, damaged, empty, …)."""

    exit_code = 3
    kind = "unreadable"


class ConnectError(UploaderError):
    """CustomerGauge cannot be reached or used, and nothing was sent."""

    exit_code = 4
    kind = "connection"


class CredentialsRefused(ConnectError):
    """CustomerGauge does not accept the Client ID and Client Secret, or there are none."""

    kind = "credentials"


class NotReachable(ConnectError):
    """No connection, an untrusted one, or no usable answer from the sign-in address."""

    kind = "unreachable"

    def __init__(self, sentence: object, *, kind: str | None = None, retry_after: float | None = None) -> None:
        """Keep the seconds to wait before the next try, as the answer asked.  None when it did not."""
        super().__init__(sentence, kind=kind)
        self.retry_after = retry_after


class ProxyLoginWanted(NotReachable):
    """A proxy wants a user name and a password, or does not accept those it was given."""

    kind = "proxy-login"

    def __init__(self, sentence: object, *, kind: str | None = None, host_port: str = "") -> None:
        """Keep the host:port of the proxy.  Nothing was sent through it."""
        super().__init__(sentence, kind=kind)
        self.host_port = host_port


class JournalError(UploaderError):
    """The record of the run cannot be kept or used.  What was recorded stays as it is."""

    exit_code = 5
    kind = "journal"


class RunHeld(JournalError):
    """Another program works on this run."""

    kind = "run-held"


class RunChanged(JournalError):
    """What is recorded of one run is not as it was written.  The sentence names the run.  The others can be used."""

    kind = "run-changed"


class DiskFull(JournalError):
    """There is no space for the record of the run."""

    kind = "disk-full"


class Cancelled(UploaderError):
    """The user stopped the task."""

    exit_code = 130
    kind = "cancelled"
