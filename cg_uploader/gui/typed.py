"""What the user typed for each connection and each region, kept while the window is open.  It is written nowhere."""

from __future__ import annotations

from dataclasses import dataclass, field

from cg_uploader.model.configuration import Address, Configuration, Credentials, Field, Mapping, Options
from cg_uploader.model.enums import DataType, Region
from cg_uploader.model.regions import DEFAULT_REGION


@dataclass(frozen=True, slots=True)
class Connection:
    """What the first step asks for.  ``data_type`` None: not chosen yet.  ``address`` only for practice, while it runs."""

    name: str = ""
    region: Region = DEFAULT_REGION
    client_id: str = field(default="", repr=False)
    client_secret: str = field(default="", repr=False)
    remember: bool = False
    reference: str = ""
    data_type: DataType | None = None
    fields: tuple[Field, ...] = ()
    address: Address | None = None

    @property
    def configuration(self) -> Configuration | None:
        """CustomerGauge's side, or None while something of it is missing."""
        if not self.fields or self.data_type is None:
            return None
        return Configuration(self.reference, self.data_type, self.fields)

    @property
    def credentials(self) -> Credentials:
        """Client ID and secret as typed."""
        return Credentials(self.client_id, self.client_secret)


@dataclass(frozen=True, slots=True)
class Draft:
    """A connection as it was left, with what was chosen for its columns and its sending."""

    connection: Connection
    mapping: Mapping | None
    options: Options


class Typed:
    """Remembers what was left.  Credentials belong to a connection's name and region, everything else to its name."""

    def __init__(self) -> None:
        self._drafts: dict[str, Draft] = {}
        self._credentials: dict[tuple[str, Region], Credentials] = {}

    def keep(self, draft: Draft) -> None:
        """Remember ``draft`` until its connection is used again."""
        connection = draft.connection
        self._drafts[connection.name] = draft
        self.keep_credentials(connection.name, connection.region, connection.credentials)

    def keep_credentials(self, name: str, region: Region, credentials: Credentials) -> None:
        """Remember the credentials of a connection."""
        self._credentials[name, region] = credentials

    def draft(self, name: str) -> Draft | None:
        """The connection ``name`` as it was left.  None when it was not used yet."""
        return self._drafts.get(name)

    def credentials(self, name: str, region: Region) -> Credentials | None:
        """What was typed for a connection in a region.  None when nothing was, or it was emptied.  From any thread."""
        credentials = self._credentials.get((name, region))
        return credentials if credentials is not None and (credentials.client_id or credentials.client_secret) else None

    def rename(self, before: str, after: str) -> None:
        """Know what belongs to ``before`` for ``after`` too.  What had no name has one now."""
        for (name, region), credentials in list(self._credentials.items()):
            if name == before:
                self._credentials[after, region] = credentials
        if not before:
            self.forget(before)

    def forget(self, name: str) -> None:
        """Forget a connection that was deleted."""
        self._drafts.pop(name, None)
        for key in [key for key in self._credentials if key[0] == name]:
            del self._credentials[key]
