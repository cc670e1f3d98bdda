"""What a page does when a proxy wants a login: try what the keychain holds, ask the user, go on or give up."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from cg_uploader.gui.services import Services
from cg_uploader.uploads.proxy_auth import NextTry

if TYPE_CHECKING:
    from cg_uploader.gui.dialogs.proxy_login import ProxyLoginDialog

Next = Callable[[], object]


class ProxyQuestion(QObject):
    """One question at a time, for one page."""

    def __init__(self, services: Services, page: QWidget) -> None:
        super().__init__(page)
        self._services = services
        self._page = page
        self._place = ""
        self._then: tuple[Next, Next] = (lambda: None, lambda: None)
        self.dialog: ProxyLoginDialog | None = None

    def ask(self, host_port: str, *, then: Next, otherwise: Next) -> None:
        """Call ``then`` once there is something that the proxy was not told yet, else ``otherwise``."""
        match self._services.proxy_logins.next_try(host_port):
            case NextTry.KNOWN:
                then()
            case NextTry.GIVE_UP:
                otherwise()
            case NextTry.ASK:
                self._place, self._then = host_port, (then, otherwise)
                self._open_dialog()

    def _open_dialog(self) -> None:
        from cg_uploader.gui.dialogs.proxy_login import ProxyLoginDialog  # dialogs are loaded when they open

        again, no_keychain = (
            self._services.proxy_logins.times_asked(self._place) > 0,
            self._services.credentials.why_unavailable,
        )
        self.dialog = ProxyLoginDialog(self._place, again=again, no_keychain=no_keychain, parent=self._page)
        self.dialog.answered.connect(self._on_answered)
        self.dialog.rejected.connect(self._on_rejected)
        self.dialog.open()

    def _on_answered(self, user: str, password: str, remember: bool) -> None:
        self.dialog = None
        self._services.proxy_logins.answer(self._place, user, password, remember=remember)
        self._then[0]()

    def _on_rejected(self) -> None:
        self.dialog = None
        self._then[1]()
