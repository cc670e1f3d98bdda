"""Credentials: only a system's own keychain keeps them, one entry per profile, nothing of them in a text."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from keyring.errors import KeyringLocked, PasswordDeleteError

from cg_uploader.errors import CredentialsRefused, UsageError
from cg_uploader.model.configuration import Credentials
from cg_uploader.model.enums import Region
from cg_uploader.settings.credentials import CredentialStore, from_environment, is_trusted, tidy

ANN = Credentials("ann-id", "s3cret/+=")


class Memory:
    """A keychain in a dict."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if (service, username) not in self.kept:
            raise PasswordDeleteError("not there")
        del self.kept[service, username]


class Locked(Memory):
    """A keychain that its owner does not open."""

    def get_password(self, service: str, username: str) -> str | None:
        raise KeyringLocked("s3cret/+=")

    def set_password(self, service: str, username: str, password: str) -> None:
        raise KeyringLocked(password)


def test_each_profile_has_one_entry() -> None:
    keychain = Memory()
    store = CredentialStore(keychain)
    assert store.why_unavailable is None
    assert store.load("EU", Region.EU) is None
    store.save("EU", Region.EU, Credentials("old", "old"))
    store.save("EU", Region.EU, ANN)
    store.save("US", Region.US, Credentials("other", "one"))
    assert len(keychain.kept) == 2
    assert store.load("EU", Region.EU) == ANN
    store.forget("EU")
    store.forget("EU")
    assert store.load("EU", Region.EU) is None
    assert store.load("US", Region.US) == Credentials("other", "one")


@pytest.mark.parametrize(
    "module",
    [
        "keyring.backends.macOS",
        "keyring.backends.Windows",
        "keyring.backends.SecretService",
        "keyring.backends.libsecret",
        "keyring.backends.kwallet",
    ],
)
def test_system_keychains_are_trusted(module: str) -> None:
    assert is_trusted(module)


@pytest.mark.parametrize(
    "module",
    [
        "keyrings.alt.file",
        "keyring.backends.null",
        "keyring.backends.fail",
        "keyring.backends.chainer",
        "keyring.backends.Windows.evil",
        "x",
    ],
)
def test_other_backends_are_not(module: str) -> None:
    assert not is_trusted(module)


def test_without_a_trustworthy_keychain_nothing_is_stored() -> None:
    store = CredentialStore()
    assert store.why_unavailable is not None
    assert "nothing is remembered" in store.why_unavailable
    with pytest.raises(UsageError, match="nothing is remembered"):
        store.save("EU", Region.EU, ANN)
    assert store.load("EU", Region.EU) is None
    store.forget("EU")


@pytest.mark.parametrize("by_file", [False, True])
def test_a_backend_of_another_kind_is_never_loaded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, by_file: bool) -> None:
    """Neither one that the environment names nor one that keyring's own settings name, with the folder that it lies in."""
    (tmp_path / "planted.py").write_text(f"open({str(tmp_path / 'was-run')!r}, 'w')\n")
    monkeypatch.syspath_prepend(tmp_path)
    if by_file:
        monkeypatch.delenv("PYTHON_KEYRING_BACKEND")
        monkeypatch.setattr("keyring.util.platform_.config_root", lambda: tmp_path)
        settings = f"[backend]\ndefault-keyring=planted.Keyring\nkeyring-path={tmp_path}\n"
        (tmp_path / "keyringrc.cfg").write_text(settings)
    else:
        monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "planted.Keyring")
    assert "no keychain that keeps a secret safely" in str(CredentialStore().why_unavailable)
    assert not (tmp_path / "was-run").exists()


def test_a_locked_keychain_is_said_without_the_secret() -> None:
    store = CredentialStore(Locked())
    for action in (lambda: store.load("EU", Region.EU), lambda: store.save("EU", Region.EU, ANN), lambda: store.forget("EU")):
        with pytest.raises(CredentialsRefused, match="KeyringLocked") as caught:
            action()
        assert "s3cret" not in caught.value.sentence
        assert caught.value.__suppress_context__


def test_an_entry_of_somebody_else_is_no_credentials() -> None:
    keychain = Memory()
    store = CredentialStore(keychain)
    store.save("EU", Region.EU, ANN)
    for text in ("", "x", "[]", '["a"]', '["a", 1]', '{"a": 1, "b": 2}', '["", "b"]', "null", "[" * 100_000):
        keychain.kept = dict.fromkeys(keychain.kept, text)
        assert store.load("EU", Region.EU) is None


def test_a_secret_goes_only_to_the_region_for_which_it_was_kept() -> None:
    """A setup file that carries the name of a profile can neither move its secret to a practice server nor elsewhere."""
    store = CredentialStore(Memory())
    store.save("Contacts", Region.EU, ANN)
    assert store.load("Contacts", Region.EU) == ANN
    for region in (Region.US, Region.AU, Region.PRACTICE):
        assert store.load("Contacts", region) is None
    store.save("Play", Region.PRACTICE, ANN)
    assert store.load("Play", Region.PRACTICE) is None


def test_a_proxys_password_is_kept_for_that_proxy_alone() -> None:
    store = CredentialStore(Memory())
    assert store.load_proxy_login("proxy:1") is None
    store.save_proxy_login("proxy:1", "ann", "p w\u00fc")
    assert store.load_proxy_login("proxy:1") == ("ann", "p w\u00fc")
    assert store.load_proxy_login("proxy:2") is None
    assert store.load("proxy:1", Region.EU) is None
    store.save_proxy_login("proxy:2", "bob", "other")
    assert store.load_proxy_login("proxy:1") is None
    store.forget_proxy_login()
    store.forget_proxy_login()
    assert store.load_proxy_login("proxy:2") is None


def test_too_long_for_windows_is_too_long_everywhere() -> None:
    keychain = Memory()
    with pytest.raises(UsageError, match="too long"):
        CredentialStore(keychain).save("EU", Region.EU, Credentials("id", "x" * 1280))
    assert not keychain.kept
    CredentialStore(keychain).save("EU", Region.EU, Credentials("id", "x" * 1265))
    (text,) = keychain.kept.values()
    assert len(text.encode("utf-16-le")) <= 2560


def test_pasted_blanks_are_taken_off_and_said() -> None:
    assert tidy("id", "secret") == (Credentials("id", "secret"), ())
    found, said = tidy(" id", "secret\r\n\ufeff")
    assert found == Credentials("id", "secret")
    assert said == ("Blanks around the Client ID were left out.", "Blanks around the Client Secret were left out.")


@pytest.mark.parametrize("secret", ["", "  ", "two words", "s\x00", "s\u200bx", "schlüssel", "a\nb"])
def test_impossible_secrets_are_refused_without_showing_them(secret: str) -> None:
    with pytest.raises(UsageError, match="Client Secret") as caught:
        tidy("id", secret)
    if secret.strip():
        assert secret not in caught.value.sentence


def test_the_environment_gives_both_or_neither() -> None:
    assert from_environment({}) is None
    both = {"CG_UPLOADER_CLIENT_ID": "ann-id", "CG_UPLOADER_CLIENT_SECRET": "s3cret/+=\n"}
    assert from_environment(both) == ANN
    for name in both:
        with pytest.raises(UsageError, match=f"^{name} is not set"):
            from_environment({**both, name: ""})


def test_credentials_never_show_themselves() -> None:
    assert "s3cret" not in repr(ANN)


def test_keyring_is_not_imported_before_it_is_needed() -> None:
    code = "import sys, cg_uploader.settings.credentials as c; c.CredentialStore(); print('keyring' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"
