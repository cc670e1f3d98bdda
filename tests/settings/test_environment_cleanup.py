"""What is taken out of the environment, and what other programs then inherit."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cg_uploader.settings.environment_cleanup import clean
from cg_uploader.system.child_processes import system_path

SECRET = {"CG_UPLOADER_CLIENT_ID": "an-id", "CG_UPLOADER_CLIENT_SECRET": "a-secret", "CG_UPLOADER_MEMORY_CODE": "a-secret-code"}


def test_credentials_are_taken_and_certificates_have_no_say() -> None:
    environment = {**SECRET, "SSL_CERT_FILE": "x", "SSL_CERT_DIR": "x", "SSLKEYLOGFILE": "x", "HOME": "/home/ann"}
    assert clean(environment, frozen=False) == SECRET
    assert environment == {"HOME": "/home/ann", "PATH": system_path()}


@pytest.mark.parametrize(
    "name",
    [
        *("QT_PLUGIN_PATH", "QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_PLATFORMTHEME", "QT_QPA_GENERIC_PLUGINS", "QT_QPA_FONTDIR"),
        *("QT_STYLE_OVERRIDE", "QT_XCB_GL_INTEGRATION", "QT_LOGGING_CONF", "QT_CONF", "QT_SOMETHING_NEW"),
        *("QML_IMPORT_PATH", "QML2_IMPORT_PATH", "QML_DISK_CACHE_PATH", "QSG_RHI_BACKEND", "QTWEBENGINEPROCESS_PATH"),
        *("GTK_MODULES", "GTK_PATH", "GIO_EXTRA_MODULES", "OPENSSL_CONF", "OPENSSL_MODULES"),
    ],
)
def test_nothing_stays_that_loads_code(name: str) -> None:
    environment = {name: "/planted"}
    clean(environment, frozen=False)
    assert environment == {"PATH": system_path()}


@pytest.mark.parametrize(
    ("name", "text", "stays"),
    [
        ("QT_QPA_PLATFORM", "offscreen", True),
        ("QT_QPA_PLATFORM", "wayland;xcb", True),
        ("QT_QPA_PLATFORM", "planted", False),
        ("QT_QPA_PLATFORM", "offscreen:configfile=/planted", False),
        ("QT_QPA_PLATFORM", "xcb;planted", False),
        ("QT_IM_MODULE", "ibus", True),
        ("QT_IM_MODULE", "planted", False),
        ("QT_SCALE_FACTOR", "1.5", True),
        ("QT_SCREEN_SCALE_FACTORS", "1;2", True),
        ("QT_FONT_DPI", "120", True),
    ],
)
def test_known_names_and_scale_factors_stay(name: str, text: str, stays: bool) -> None:
    environment = {name: text}
    clean(environment, frozen=False)
    assert (name in environment) is stays


def test_programs_are_found_among_the_systems_own_alone() -> None:
    environment = {"PATH": "/planted"}
    clean(environment, frozen=False)
    assert "/planted" not in environment["PATH"]
    assert clean({}) == {}


@pytest.mark.parametrize(
    ("frozen", "before", "after"),
    [
        (True, {"LD_LIBRARY_PATH": "/opt/program"}, {}),
        (
            True,
            {"LD_LIBRARY_PATH": "/opt/program", "LD_LIBRARY_PATH_ORIG": "/usr/local/lib"},
            {"LD_LIBRARY_PATH": "/usr/local/lib"},
        ),
        (True, {"LD_LIBRARY_PATH": "/opt/program", "LD_LIBRARY_PATH_ORIG": ""}, {}),
        (False, {"LD_LIBRARY_PATH": "/usr/local/lib"}, {"LD_LIBRARY_PATH": "/usr/local/lib"}),
    ],
)
def test_an_installed_program_hands_the_systems_own_libraries_on(
    frozen: bool, before: dict[str, str], after: dict[str, str]
) -> None:
    environment = dict(before)
    clean(environment, frozen=frozen)
    assert environment == {**after, "PATH": system_path()}


def test_what_the_program_starts_inherits_no_secret(tmp_path: Path) -> None:
    """A child of the running program, started the plain way, says what it was given."""
    code = (
        "import subprocess, sys; from cg_uploader import cli; from cg_uploader.commands import profile_commands; "
        "profile_commands.profile = "
        "lambda *_: subprocess.run([sys.executable, '-c', 'import os; print(dict(os.environ))']).returncode; "
        "sys.exit(cli.main(['profile', 'list']))"
    )
    environment = {**os.environ, **SECRET, "CG_UPLOADER_HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert "CG_UPLOADER_HOME" in done.stdout
    assert "a-secret" not in done.stdout
    assert not any(name in done.stdout for name in SECRET)
