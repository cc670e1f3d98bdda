"""Client ID and Client Secret, and a proxy's password: from the environment or the system's keychain, and nowhere else."""

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
# The code of a file with what a colleague's computer remembers.
CODE_VARIABLE = "CG_UPLOADER_MEMORY_CODE"
# UTF-16 units that the Windows Credential Manager takes; kept everywhere, so that a profile can move.
MAX_UNITS = 1_280

_BACKENDS = {"darwin": ("macOS",), "win32": ("Windows",)}.get(sys.platform, ("SecretService", "libsecret", "kwallet"))
_TRUSTED = frozenset(f"keyring.backends.{name}" for name in ("macOS", "Windows", "SecretService", "libsecret", "kwallet"))
_CHAIN = "keyring.backends.chainer"
_NAMED_BY = "PYTHON_KEYRING_BACKEND"
_PRINTABLE = re.compile("[\x21-\x7e]+")
_ENTRY = "client credentials"
_PROXY, _PROXY_ENTRY = "CG Uploader, proxy of the network", "proxy login"


class Keychain(Protocol):
    """What is needed of a keychain; keyring's backends are such."""

    def get_password(self, service: str, username: str) -> str | None:
        """The text kept for both names, or None."""

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep a text for both names."""

    def delete_password(self, service: str, username: str) -> None:
        """Remove it; an error when there is none."""


def is_trusted(module: str) -> bool:
    """Whether the keyring backends in ``module`` are a system's own keychain; a plaintext or null one is not."""
    return module in _TRUSTED or module.startswith("keyring.backends.macOS.")


def tidy(client_id: str, client_secret: str) -> tuple[Credentials, tuple[str, ...]]:
    """Credentials without blanks at their ends, and sentences that say what was taken off; UsageError for impossible ones."""
    said = []
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
            said.append(_("Blanks around the {name} were left out.").format(name=name))
        texts.append(bare)
    return Credentials(*texts), tuple(said)


def from_environment(environment: Mapping[str, str]) -> Credentials | None:
    """Credentials from the two variables; None when neither is set, UsageError when only one is, or one cannot be right."""
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
    """One entry for each profile in the system's keychain, and one for the proxy that was told a password last."""

    def __init__(self, backend: Keychain | None = None) -> None:
        """``backend``: another keychain, which is trusted as it is; None: the system's, looked for when it is first needed."""
        self._backend = backend
        self._why_not: str | None = None
        self._looked = backend is not None

    @property
    def available(self) -> str | None:
        """None when there is a trustworthy keychain; else a sentence that says why nothing can be remembered."""
        if not self._looked:
            self._backend, self._why_not = _system_keychain()
            self._looked = True
        return self._why_not

    def load(self, profile: str, region: Region) -> Credentials | None:
        """What is kept for ``profile`` in ``region``; None for nothing, another region or no keychain.

        A setup file that a stranger made can carry the name of a profile that is here: so a secret goes only to the region
        for which it was kept, and never to a practice server.  CredentialsRefused when the keychain stays locked.
        """
        texts = self._texts(_service(profile), _ENTRY)
        if len(texts) != 3 or texts[2] != region.value or not REGIONS[region].keeps_secrets:
            return None
        try:
            return tidy(texts[0], texts[1])[0]
        except UsageError:
            return None

    def save(self, profile: str, region: Region, credentials: Credentials) -> None:
        """Keep ``credentials`` for ``profile``, in the place of earlier ones; UsageError when that cannot be done."""
        kept = tidy(credentials.client_id, credentials.client_secret)[0]
        self._keep(_service(profile), _ENTRY, kept.client_id, kept.client_secret, region.value)

    def forget(self, profile: str) -> None:
        """Remove what is kept for ``profile``, if there is anything."""
        self._forget(_service(profile), _ENTRY)

    def load_proxy_login(self, host_port: str) -> tuple[str, str] | None:
        """User name and password kept for the proxy at ``host_port`` (host:port); None for nothing, another or no keychain."""
        texts = self._texts(_PROXY, _PROXY_ENTRY)
        return (texts[1], texts[2]) if len(texts) == 3 and texts[0] == host_port else None

    def save_proxy_login(self, host_port: str, user: str, password: str) -> None:
        """Keep both for the proxy at ``host_port``, in the place of another one's; UsageError when that cannot be done."""
        self._keep(_PROXY, _PROXY_ENTRY, host_port, user, password)

    def forget_proxy_login(self) -> None:
        """Remove what is kept for a proxy, if there is anything."""
        self._forget(_PROXY, _PROXY_ENTRY)

    def _forget(self, service: str, entry: str) -> None:
        if self.available is not None or self._backend is None:
            return
        with _fenced(_("This computer's keychain did not remove the credentials ({error}).")):
            if self._backend.get_password(service, entry) is not None:
                self._backend.delete_password(service, entry)

    def _texts(self, service: str, entry: str) -> list[str]:
        if self.available is not None or self._backend is None:
            return []
        with _fenced(_("This computer's keychain did not give the credentials out ({error}).")):
            text = self._backend.get_password(service, entry)
        return [] if text is None else _decoded(text)

    def _keep(self, service: str, entry: str, *texts: str) -> None:
        text = json.dumps(texts, separators=(",", ":"))
        if self.available is not None or self._backend is None:
            raise UsageError(self._why_not or "")
        if len(text) > MAX_UNITS:
            raise UsageError(_("This is too long for this computer's keychain. Enter it each time."))
        with _fenced(_("This computer's keychain did not keep the credentials ({error}).")):
            self._backend.set_password(service, entry, text)


def _service(profile: str) -> str:
    return f"CG Uploader: {profile}"


def _decoded(text: str) -> list[str]:
    """The texts in an entry; none for an entry that is not ours."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return []
    return found if isinstance(found, list) and all(isinstance(part, str) for part in found) else []


@contextmanager
def _fenced(sentence: str) -> Iterator[None]:
    """Keychains raise what their system raises.  Only the failure's kind is named: its text may quote what was to be kept."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - any type, and it ends here
        raise CredentialsRefused(
            sentence.format(error=type(error).__name__)
            + " "
            + _("Unlock it, or enter Client ID and Client Secret for this upload."),
            kind="keychain",
        ) from None


def _system_keychain() -> tuple[Keychain | None, str | None]:
    """The backend that keyring chooses, if it can be trusted; else the sentence that says so."""
    advice = _("Enter Client ID and Client Secret for each upload, or set them as environment variables.")
    try:
        with _fenced(_("This computer's keychain cannot be used ({error}).")):
            backend = _best_backend()
    except CredentialsRefused as refused:
        return None, refused.sentence + " " + _("Nothing is remembered.")
    if backend is None:
        nothing = _("This computer has no keychain that keeps a secret safely, so nothing is remembered.")
        return None, f"{nothing} {advice}"
    return backend, None


def _best_backend() -> Keychain | None:
    """The best of this system's own keychains that works here; None when there is none, or another kind is wanted.

    keyring itself would load every plug-in that it finds, and those of other systems: the one of macOS starts a compiler
    on Linux, wherever ``PATH`` finds it.
    """
    from keyring.backend import KeyringBackend  # it asks the desktop: not before somebody needs it

    wanted = _wanted_backend()
    if wanted and not is_trusted(wanted.rpartition(".")[0]):
        return None
    for name in _BACKENDS:
        import_module(f"keyring.backends.{name}")
    viable = [one for one in KeyringBackend.get_viable_backends() if is_trusted(one.__module__)]
    named = [one for one in viable if f"{one.__module__}.{one.__qualname__}" == wanted]
    best: Keychain | None = max(named or viable, key=lambda one: one.priority)() if viable else None
    return best


def _wanted_backend() -> str:
    """The class that the environment or keyring's own file of settings names; empty for none, or for all of them in turn."""
    from keyring.util.platform_ import config_root

    settings = ConfigParser(interpolation=None)
    with suppress(OSError, ValueError, ConfigError):
        settings.read(config_root() / "keyringrc.cfg", encoding="utf-8")
    name = (os.environ.get(_NAMED_BY) or settings.get("backend", "default-keyring", fallback="") or "").strip()
    return "" if name.startswith(f"{_CHAIN}.") else name
