"""What a page does when a connection is to be saved under a name that another one has: ask before anything is lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QMessageBox, QWidget

from cg_uploader.gui.widgets.texts import message
from cg_uploader.model.configuration import Profile
from cg_uploader.settings.profiles import ProfileStore


class NameQuestion(QObject):
    """One question at a time, for one page."""

    def __init__(self, profiles: ProfileStore, page: QWidget) -> None:
        super().__init__(page)
        self._profiles = profiles
        self._page = page

    def ask(self, profile: Profile, *, then: Callable[[Profile], object], otherwise: Callable[[], object]) -> None:
        """``then`` gets what is to be saved, perhaps under another name.  ``otherwise`` is called when the saved one stays.

        The user is not asked when nothing would be lost.
        """
        changes = self._profiles.changed_by(profile)
        if not changes:
            then(profile)
            return
        self._profile, self._then, self._otherwise = profile, then, otherwise
        free = self._profiles.free_name(profile.name)
        listed = "\n".join(f"•  {line}" for line in changes)
        self.box = message(
            self._page,
            QMessageBox.Icon.Question,
            f"A connection “{profile.name}” is saved on this computer already.",
            f"What comes now is not the same. If it replaces the saved one, this changes:\n\n{listed}\n\n"
            f"Saved beside it, it gets the name “{free}”.",
        )
        self._keep = self.box.addButton("&Keep the saved one", QMessageBox.ButtonRole.RejectRole)
        self._beside = self.box.addButton("Save &beside it", QMessageBox.ButtonRole.AcceptRole)
        self._replace = self.box.addButton("&Replace it", QMessageBox.ButtonRole.DestructiveRole)
        self._free = free
        self.box.setDefaultButton(self._keep)
        self.box.setEscapeButton(self._keep)
        self.box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.box.finished.connect(self._on_answered)  # also when it is closed without a button
        self.box.open()

    def _on_answered(self) -> None:
        if self.sender() is not self.box:
            return  # another question has come meanwhile: what was saved stays
        button = self.box.clickedButton()
        if button is self._replace:
            self._then(self._profile)
        elif button is self._beside:
            self._then(replace(self._profile, name=self._free))
        else:
            self._otherwise()
