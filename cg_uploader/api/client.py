"""CustomerGauge for the rest of the program: sign in, send one row, stop."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from cg_uploader import __version__
from cg_uploader.api.endpoints import may_be_contacted
from cg_uploader.api.replies import read_reply
from cg_uploader.api.token import Clock, MayLeave, Token, always
from cg_uploader.errors import NotReachable, ProxyLoginWanted, UsageError
from cg_uploader.model.configuration import Address, Credentials
from cg_uploader.model.enums import Answer
from cg_uploader.model.message import message_or_text
from cg_uploader.model.request import Reply, Request
from cg_uploader.translation import _

if TYPE_CHECKING:
    from cg_uploader.api.connections import Timeouts
    from cg_uploader.api.proxies import Proxies
    from cg_uploader.api.transport import Outgoing

_AGENT = f"CGUploader/{__version__}"
# Why a sign-in failed → what that means for the row.
_UNSENT = {"untrusted": Answer.UNTRUSTED, "no-token": Answer.NOT_SIGNED_IN, "proxy-login": Answer.PROXY_LOGIN}
# Bytes of request line and headers together; the gateways in question take 10,240.
MAX_HEAD_BYTES = 10_000
_REST_OF_HEAD = len("PUT ? HTTP/1.1\r\nHost: \r\nAccept-Encoding: identity\r\nContent-Length: 0\r\n\r\n")


class Client:
    """Signs in for one customer and sends rows.  Thread-safe.  Token, secret and rows appear in no text, exception or log."""

    def __init__(
        self,
        address: Address,
        credentials: Credentials,
        *,
        clock: Clock | None = None,
        timeouts: Timeouts | None = None,
        ca_file: Path | None = None,
        proxies: Proxies | None = None,
    ) -> None:
        """Prepare the sign-in.  Nothing is sent yet.

        ``ca_file`` holds certificates to trust beside the system's.  ``proxies`` is None for the system's settings.

        Raises:
            UsageError: the address must not be contacted, or ``ca_file`` holds no certificates.
            NotReachable: a proxy setting cannot be used.
        """
        from cg_uploader.api.connections import Timeouts  # the HTTP libraries take long to load, so they wait for a connection
        from cg_uploader.api.proxies import Proxies
        from cg_uploader.api.transport import Transport

        for url in (address.auth, address.records):
            if not may_be_contacted(url):
                text = _("The address must begin with https://. Plain http is for a practice server on this computer.")
                raise UsageError(text)
        self.client_id = credentials.client_id.strip()
        self._records = address.records
        self._clock = clock or Clock()
        self._transport = Transport(timeouts or Timeouts(), ca_file, proxies or Proxies())
        form = {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": credentials.client_secret.strip(),
        }
        sign_in = self._transport.prepare(
            "POST",
            address.auth,
            {"Accept": "application/json", "User-Agent": _AGENT, "Content-Type": "application/x-www-form-urlencoded"},
            urlencode(form, errors="replace").encode(),
        )
        self._token = Token(lambda may_leave: self._transport.exchange(sign_in, may_leave=may_leave), self._clock)
        self._prepared: tuple[str, Outgoing, int] = ("", sign_in, 0)

    def sign_in(self) -> None:
        """Make sure that there is a token.

        Raises:
            CredentialsRefused: the credentials are not accepted.
            ProxyLoginWanted: a proxy wants a user name and a password, which another client can be given.
            NotReachable: there is no usable answer.
        """
        self._token.begin_anew()
        try:
            self._token.get()
        except NotReachable as failure:
            if self.login_wanted:
                raise ProxyLoginWanted(failure.message, host_port=self.login_wanted) from None
            raise

    @property
    def login_wanted(self) -> str:
        """The host:port of a proxy that wants a user name and a password, or did not accept them.  Else empty."""
        return self._transport.login_wanted

    def send(self, request: Request, may_leave: MayLeave = always) -> Reply | None:
        """Make one attempt at one row.  Whatever the network does is a reply.

        ``may_leave`` is asked before a connection is sought, and once more when it stands: before the first byte of the row,
        and of a sign-in that the row needs.  None when it said no: nothing of the row left.

        Raises:
            CredentialsRefused: a sign-in is needed and refused.
            UsageError: no encoding can carry the text.
        """
        query = self._query(request)
        try:
            token = self._token.get(may_leave)
        except NotReachable as failure:
            unsent = _UNSENT.get(failure.kind, Answer.NOT_CONNECTED)
            return Reply(unsent, message=message_or_text(failure.message), retry_after=failure.retry_after)
        if token is None:
            return None
        outgoing, room = self._outgoing(token.text)
        if len(query) > room:
            return Reply(Answer.TOO_LONG)
        received = self._transport.exchange(outgoing, query, may_leave)
        if received is None or isinstance(received, Reply):
            return received
        status, headers, body = received
        if status == 401:
            self._token.discard(token)
        elif status < 500 and status != 429:
            self._token.confirm(token)
        return read_reply(status, headers, body, datetime.fromtimestamp(self._clock.wall(), UTC))

    def abort(self) -> None:
        """Cut everything in flight, from another thread.  Those sends return soon, and nothing goes out after that."""
        self._transport.abort()

    def close(self) -> None:
        """Close all connections.  The client cannot be used after that."""
        self._transport.close()

    def _query(self, request: Request) -> str:
        if request.records != self._records:
            raise ValueError(f"row {request.row} is for another address than this client")
        try:
            return request.query()
        except UnicodeEncodeError:
            text = _("Row {row} contains a character that cannot be sent. Type the text again.")
            raise UsageError(text.format(row=request.row)) from None

    def _outgoing(self, token: str) -> tuple[Outgoing, int]:
        """Return a row's request without its query, and how many bytes that may have.  Made once for each token."""
        known, outgoing, room = self._prepared
        if known != token:
            headers = {"Accept": "application/json", "Authorization": f"Bearer {token}", "User-Agent": _AGENT}
            outgoing = self._transport.prepare("PUT", self._records, headers)
            named = sum(len(name) + len(value) + len(": \r\n") for name, value in headers.items())
            room = MAX_HEAD_BYTES - _REST_OF_HEAD - named - 2 * len(self._records)
            self._prepared = (token, outgoing, room)
        return outgoing, room
