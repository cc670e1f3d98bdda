"""Credentials of CustomerGauge and of a proxy: they come from the environment or the system's keychain, and nowhere else."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from configparser import ConfigParser
from configparser import Error as ConfigError
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import Protocol

from cg_uploader.errors import CredentialsRefused, UsageError
from cg_uploader.model.configuration import Credentials
from cg_uploader.model.enums import Region
from cg_uploader.model.regions import REGIONS
from cg_uploader.translation import _

ID_VARIABLE, SECRET_VARIABLE = "CG_UPLOADER_CLIENT_ID", "CG_UPLOADER_CLIENT_SECRET"
# The code that opens a file with the sent rows of another computer.
CODE_VARIABLE = "CG_UPLOADER_MEMORY_CODE"
# UTF-16 units that the Windows Credential Manager takes. The limit holds on every system, so that a profile can move.
MAX_UNITS = 1_280

# keyring's modules for this system's own keychains.
_BACKENDS = {"darwin": ("macOS",), "win32": ("Windows",)}.get(sys.platform, ("SecretService", "libsecret", "kwallet"))
_TRUSTED = frozenset(f"keyring.backends.{name}" for name in ("macOS", "Windows", "SecretService", "libsecret", "kwallet"))
_CHAIN = "keyring.backends.chainer"
_NAMED_BY = "PYTHON_KEYRING_BACKEND"
_PRINTABLE = re.compile("[\x21-\x7e]+")
_ENTRY = "client credentials"
_PROXY, _PROXY_ENTRY = "CG Uploader, proxy of the network", "proxy login"


class Keychain(Protocol):
    """What is needed of a keychain. keyring's backends have it."""

    def get_password(self, service: str, username: str) -> str | None:
        """Return the text that is saved for both names, None when there is none."""

    def set_password(self, service: str, username: str, password: str) -> None:
        """Save a text for both names."""

    def delete_password(self, service: str, username: str) -> None:
        """Remove the text for both names. Fail when there is none."""


def is_trusted(module: str) -> bool:
    """Tell whether the keyring backends in ``module`` are a system's own keychain. A plaintext or null one is not."""
    return module in _TRUSTED or module.startswith("keyring.backends.macOS.")


def tidy(client_id: str, client_secret: str) -> tuple[Credentials, tuple[str, ...]]:
    """Return credentials without blanks at their ends, and sentences that say what was left out.

    Raises:
        UsageError: One is empty, or holds a character that cannot be in it.
    """
    notes = []
    texts = []
    for name, text in (("Client ID", client_id), ("Client Secret", client_secret)):
        bare = text.strip().strip("\u200b\u2060\ufeff").strip()
        if not bare:
            raise UsageError(_("The {name} is empty. Copy it from CustomerGauge once more.").format(name=name))
        if not _PRINTABLE.fullmatch(bare):
            raise UsageError(
                _(
                    "The {name} holds a blank or a character that none of them has. Copy it once more, without anything else."
                ).format(name=name)
            )
        if bare != text:
            notes.append(_("Blanks around the {name} were left out.").format(name=name))
        texts.append(bare)
    return Credentials(*texts), tuple(notes)


def from_environment(environment: Mapping[str, str]) -> Credentials | None:
    """Return the credentials in the two variables, None when neither is set.

    Raises:
        UsageError: Only one is set, or one cannot be right.
    """
    client_id, secret = environment.get(ID_VARIABLE, ""), environment.get(SECRET_VARIABLE, "")
    if not client_id and not secret:
        return None
    if not client_id or not secret:
        missing = SECRET_VARIABLE if client_id else ID_VARIABLE
        raise UsageError(
            _("{missing} is not set. Set both {id_variable} and {secret_variable}, or neither.").format(
                missing=missing, id_variable=ID_VARIABLE, secret_variable=SECRET_VARIABLE
            )
        )
    return tidy(client_id, secret)[0]


class CredentialStore:
    """The credentials in the system's keychain: one entry for each profile, and one for the last proxy."""

    def __init__(self, backend: Keychain | None = None) -> None:
        """Take ``backend``, which is trusted as it is. None: look for the system's keychain when it is first needed."""
        self._backend = backend
        self._why_unavailable: str | None = None
        self._looked = backend is not None

    @property
    def why_unavailable(self) -> str | None:
        """A sentence that says why nothing can be remembered. None when there is a trusted keychain."""
        if not self._looked:
            self._backend, self._why_unavailable = _system_keychain()
            self._looked = True
        return self._why_unavailable

    def load(self, profile: str, region: Region) -> Credentials | None:
        """Return what is saved for ``profile`` in ``region``. None: nothing, another region, or there is no keychain.

        A stranger's setup file can have the name of a profile that is here. So a secret goes only to the region for which it
        was saved, and never to a practice server.

        Raises:
            CredentialsRefused: The keychain stays locked.
        """
        texts = self._texts(_service(profile), _ENTRY)
        if len(texts) != 3 or texts[2] != region.value or not REGIONS[region].keeps_secrets:
            return None
        try:
            return tidy(texts[0], texts[1])[0]
        except UsageError:
            return None

    def save(self, profile: str, region: Region, credentials: Credentials) -> None:
        """Save ``credentials`` for ``profile``, in the place of earlier ones.

        Raises:
            UsageError: There is no trusted keychain, or they are empty, impossible or too long.
            CredentialsRefused: The keychain stays locked.
        """
        tidied = tidy(credentials.client_id, credentials.client_secret)[0]
        self._save(_service(profile), _ENTRY, tidied.client_id, tidied.client_secret, region.value)

    def forget(self, profile: str) -> None:
        """Remove what is saved for ``profile``, if anything is.

        Raises:
            CredentialsRefused: The keychain stays locked.
        """
        self._forget(_service(profile), _ENTRY)

    def load_proxy_login(self, host_port: str) -> tuple[str, str] | None:
        """Return user name and password for the proxy at ``host_port``. None: nothing or another proxy's is saved.

        Raises:
            CredentialsRefused: The keychain stays locked.
        """
        texts = self._texts(_PROXY, _PROXY_ENTRY)
        return (texts[1], texts[2]) if len(texts) == 3 and texts[0] == host_port else None

    def save_proxy_login(self, host_port: str, user: str, password: str) -> None:
        """Save both for the proxy at ``host_port``, in the place of another one's.

        Raises:
            UsageError: There is no trusted keychain, or they are too long.
            CredentialsRefused: The keychain stays locked.
        """
        self._save(_PROXY, _PROXY_ENTRY, host_port, user, password)

    def forget_proxy_login(self) -> None:
        """Remove what is saved for a proxy, if anything is.

        Raises:
            CredentialsRefused: The keychain stays locked.
        """
        self._forget(_PROXY, _PROXY_ENTRY)

    def _forget(self, service: str, entry: str) -> None:
        if self.why_unavailable is not None or self._backend is None:
            return
        with _refusing(_("This computer's keychain did not remove the credentials ({error}).")):
            if self._backend.get_password(service, entry) is not None:
                self._backend.delete_password(service, entry)

    def _texts(self, service: str, entry: str) -> list[str]:
        if self.why_unavailable is not None or self._backend is None:
            return []
        with _refusing(_("This computer's keychain did not give the credentials out ({error}).")):
            text = self._backend.get_password(service, entry)
        return [] if text is None else _decoded(text)

    def _save(self, service: str, entry: str, *texts: str) -> None:
        text = json.dumps(texts, separators=(",", ":"))
        if self.why_unavailable is not None or self._backend is None:
            raise UsageError(self._why_unavailable or "")
        if len(text) > MAX_UNITS:
            raise UsageError(_("This is too long for this computer's keychain. Enter it each time."))
        with _refusing(_("This computer's keychain did not save the credentials ({error}).")):
            self._backend.set_password(service, entry, text)


def _service(profile: str) -> str:
    return f"CG Uploader: {profile}"


def _decoded(text: str) -> list[str]:
    """Return the texts in an entry. Empty for an entry that is not ours."""
    try:
        texts = json.loads(text)
    except (ValueError, RecursionError):
        return []
    return texts if isinstance(texts, list) and all(isinstance(part, str) for part in texts) else []


@contextmanager
def _refusing(sentence: str) -> Iterator[None]:
    """Turn what a keychain raises into CredentialsRefused.

    Only the type of the failure is named, because its text may quote what was to be saved.
    """
    try:
        yield
    except Exception as error:  # noqa: BLE001 - each system raises types of its own, not of keyring's
        raise CredentialsRefused(
            sentence.format(error=type(error).__name__)
            + " "
            + _("Unlock it, or enter Client ID and Client Secret for this upload."),
            kind="keychain",
        ) from None


def _system_keychain() -> tuple[Keychain | None, str | None]:
    """Return the system's keychain and None, or None and the sentence that says why there is none."""
    advice = _("Enter Client ID and Client Secret for each upload, or set them as environment variables.")
    try:
        with _refusing(_("This computer's keychain cannot be used ({error}).")):
            backend = _best_backend()
    except CredentialsRefused as refused:
        return None, refused.sentence + " " + _("Nothing is remembered.")
    if backend is None:
        return None, _("This computer has no keychain that keeps a secret safely, so nothing is remembered.") + " " + advice
    return backend, None


def _best_backend() -> Keychain | None:
    """Return the best of this system's own keychains that work here. None: there is none, or another kind is wanted.

    keyring itself would load every plug-in that it finds, and those of other systems. The one of macOS starts a compiler on
    Linux, wherever ``PATH`` finds it.
    """
    from keyring.backend import KeyringBackend  # it asks the desktop, so it is loaded when it is needed

    wanted = _wanted_backend()
    if wanted and not is_trusted(wanted.rpartition(".")[0]):
        return None
    for name in _BACKENDS:
        import_module(f"keyring.backends.{name}")
    viable = [backend for backend in KeyringBackend.get_viable_backends() if is_trusted(backend.__module__)]
    named = [backend for backend in viable if f"{backend.__module__}.{backend.__qualname__}" == wanted]
    best: Keychain | None = max(named or viable, key=lambda backend: backend.priority)() if viable else None
    return best


def _wanted_backend() -> str:
    """Return the class that the environment or keyring's own settings name. Empty: none, or keyring's chain of all."""
    from keyring.util.platform_ import config_root

    settings = ConfigParser(interpolation=None)
    with suppress(OSError, ValueError, ConfigError):
        settings.read(config_root() / "keyringrc.cfg", encoding="utf-8")
    name = (os.environ.get(_NAMED_BY) or settings.get("backend", "default-keyring", fallback="") or "").strip()
    return "" if name.startswith(f"{_CHAIN}.") else name
