"""Profiles and setup files: a named connection as JSON, never with a secret, and the folder of those on this computer."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

from cg_uploader.errors import ProfileError
from cg_uploader.model.configuration import Field, Profile, Source
from cg_uploader.model.regions import REGIONS
from cg_uploader.settings.credentials import CredentialStore
from cg_uploader.settings.paths import write_private
from cg_uploader.settings.profile_diff import differences
from cg_uploader.settings.profile_schema import MAX_BYTES, decode_profile, refuse_repeated_keys
from cg_uploader.system.named_file import is_there, read_named
from cg_uploader.translation import _

VERSION = 1
# Characters of a name that leave room for a number: a profile's name has at most 200.
MAX_BASE_CHARS = 190
SETUP_SUFFIXES = (".json", ".cgsetup")


def parse(text: str) -> Profile:
    """Return the profile in a JSON text.

    Raises:
        ProfileError: It is too long or no JSON, or a key is unknown, missing or wrong. The sentence names the key.
    """
    if len(text) > MAX_BYTES:
        raise ProfileError(_("This is too long to be a profile. Choose a setup file that CG Uploader has exported."))
    try:
        data = json.loads(text.removeprefix("\ufeff"), object_pairs_hook=refuse_repeated_keys)
    except (ValueError, RecursionError) as error:
        sentence = _("This is not a profile, because it is not proper JSON.")
        if isinstance(error, json.JSONDecodeError):
            sentence = _("This is not a profile, because it is not proper JSON: line {line}, {problem}.").format(
                line=error.lineno, problem=error.msg
            )
        raise ProfileError(sentence + " " + _("Ask for the setup file once more, or export it again.")) from None
    return decode_profile(data, VERSION)


def to_json(profile: Profile) -> str:
    """Return ``profile`` as JSON with a line break at its end. What is not set is left out."""
    data: dict[str, Any] = {"version": VERSION, "name": profile.name, "region": profile.region.value}
    if profile.address is not None and REGIONS[profile.region].practice:
        data["address"] = {"auth": profile.address.auth, "records": profile.address.records}
    data["configuration"] = {
        "reference": profile.configuration.reference,
        "data_type": profile.configuration.data_type.value,
        "fields": [_field_data(field) for field in profile.configuration.fields],
    }
    if profile.mapping is not None:
        data["mapping"] = {heading: _source_data(source) for heading, source in profile.mapping.sources}
    data["options"] = {"blank_cells": profile.options.blank_cells.value, "connections": profile.options.connections}
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _field_data(field: Field) -> dict[str, Any]:
    data: dict[str, Any] = {"heading": field.heading, "required": field.required, "kind": field.kind.value}
    if field.max_length is not None:
        data["max_length"] = field.max_length
    if field.identifies is not None:
        data["identifies"] = field.identifies.value
    return data


def _source_data(source: Source) -> dict[str, Any]:
    if source.constant is not None:
        return {"constant": source.constant}
    return {"column": source.column if source.letter is None else {"letter": source.letter}}


class ProfileStore:
    """The profiles on this computer: a private file for each, in one folder, written whole or not at all."""

    def __init__(self, folder: Path) -> None:
        """Take the profiles in ``folder``, which is made when the first one is saved."""
        self._folder = folder

    def names(self) -> list[str]:
        """Return all names in alphabetical order. Files that cannot be read are passed over."""
        return sorted({profile.name for profile in self._readable()}, key=lambda name: (name.casefold(), name))

    def load(self, name: str) -> Profile:
        """Return the profile called ``name``.

        Raises:
            ProfileError: There is none, or its file cannot be used.
        """
        file = self._file(name)
        if file.is_file():
            return read_profile(file)
        for profile in self._readable():
            if profile.name == name:
                return profile
        names = ", ".join(f"“{other}”" for other in self.names()) or _("none yet")
        text = _("There is no profile of that name on this computer. Profiles here: {names}.")
        raise ProfileError(text.format(names=names))

    def changed_by(self, profile: Profile) -> tuple[str, ...]:
        """Return what saving ``profile`` would change in the one that is saved under its name, a line for each difference.

        Empty when there is none, or it is the same.
        """
        file = self._file(profile.name)
        try:
            same_name = (saved for saved in self._readable() if saved.name == profile.name)
            saved = read_profile(file) if file.is_file() else next(same_name, None)
        except ProfileError as error:
            return (_("The saved one cannot be read. {sentence}").format(sentence=error.sentence),)
        return () if saved is None else differences(saved, profile)

    def free_name(self, name: str) -> str:
        """Return ``name`` with the first number behind it under which nothing is saved."""
        names, taken = (f"{name[:MAX_BASE_CHARS]} {number}" for number in count(2)), self.names()
        return next(free for free in names if free not in taken and not self._file(free).is_file())

    def save(self, profile: Profile) -> None:
        """Save ``profile`` under its name, in the place of an earlier one.

        Raises:
            ProfileError: It could not be opened again.
            UploaderError: The folder cannot be written.
        """
        text = to_json(profile)
        parse(text)
        write_private(self._file(profile.name), text)

    def delete(self, name: str) -> None:
        """Delete the profile called ``name``.

        Raises:
            ProfileError: There is none, or its file cannot be deleted.
        """
        files = [file for file, profile in self._files() if profile.name == name]
        own = self._file(name)
        if own.is_file() and own not in files:
            files.append(own)
        if not files:
            self.load(name)
        for file in files:
            try:
                file.unlink(missing_ok=True)
            except OSError as error:
                raise ProfileError(
                    _("{file} cannot be deleted ({reason}). Close what uses it, then try again.").format(
                        file=file, reason=error.strerror
                    )
                ) from None

    def _file(self, name: str) -> Path:
        """Return the file of the profile called ``name``: letters and digits of the name, and a checksum to tell names apart.

        So no name can lead out of the folder, be too long, or be one that a system reserves.
        """
        readable = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40]
        checksum = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:12]
        return self._folder / f"{readable or 'profile'}-{checksum}.json"

    def _readable(self) -> Iterator[Profile]:
        return (profile for _file, profile in self._files())

    def _files(self) -> Iterator[tuple[Path, Profile]]:
        for file in sorted(self._folder.glob("*.json")):
            try:
                yield file, read_profile(file)
            except ProfileError:
                continue


def open_profile(name_or_path: str, store: ProfileStore) -> Profile:
    """Return a saved profile by its name, or one from a file.

    What ends like a setup file is a path. A saved name goes before a file with this name. A folder is neither.

    Raises:
        ProfileError: There is none, or its file cannot be used.
    """
    path = Path(name_or_path)
    if path.suffix.lower() in SETUP_SUFFIXES:
        return read_profile(path)
    try:
        return store.load(name_or_path)
    except ProfileError:
        if name_or_path not in store.names() and is_there(path) and not is_there(path, Path.is_dir):
            return read_profile(path)
        raise


def delete_profile(name: str, store: ProfileStore, credentials: CredentialStore) -> None:
    """Delete the profile called ``name`` and what the keychain holds for it, the secret first.

    Raises:
        CredentialsRefused: The keychain stays locked. The profile is still there.
        ProfileError: There is none, or its file cannot be deleted.
    """
    credentials.forget(name)
    store.delete(name)


def read_profile(file: Path) -> Profile:
    """Return the profile in a file.

    Raises:
        ProfileError: It cannot be used. The sentence names a file that is there, and says what is wrong with it.
    """
    try:
        text = read_named(file, MAX_BYTES + 1).decode("utf-8-sig")
    except (OSError, ValueError) as error:
        if not is_there(file):  # what was typed may be anything
            raise ProfileError(_("There is no such file. Choose a setup file that CG Uploader has exported.")) from None
        why = error.strerror if isinstance(error, OSError) else _("it is not UTF-8 text")
        raise ProfileError(
            _("{file} cannot be read ({why}). Choose a setup file that CG Uploader has exported.").format(file=file, why=why)
        ) from None
    try:
        return parse(text)
    except ProfileError as error:
        raise ProfileError(f"{file.name}: {error.sentence}") from None
