"""The one command from a fresh clone to a running program: ``python3 packaging/bootstrap.py demo|test|develop [ARGUMENTS]``.

``demo`` opens the demonstration, ``test`` runs the tests, ``develop`` only prepares ``.venv`` with the tools to develop.
Each first sees to it that the system's libraries and the environment ``.venv`` are there.  Arguments are handed through.
``develop --optional`` also installs the programs that some tests compare with, where it may.
It needs Python 3.11 or newer and nothing else.  An older Python must be able to read this file far enough to say so.
"""

import ctypes
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

if sys.hexversion < 0x030B0000:
    sys.exit("CG Uploader needs Python 3.11 or newer; this is Python " + sys.version.split()[0] + ". Run it with a newer one.")

ROOT = Path(__file__).resolve().parent.parent
USAGE = "usage: python3 packaging/bootstrap.py demo|test|develop [--optional] [ARGUMENTS]"
USAGE_EXIT = 2
CANNOT_GO_ON = 3
KEEP_STILL = {"DEBIAN_FRONTEND": "noninteractive", "DEBCONF_NONINTERACTIVE_SEEN": "true"}

# One library of each Debian package that is needed: package → the name to load it by.
QT_LIBRARIES = {
    "libegl1": "libEGL.so.1",
    "libgl1": "libGL.so.1",
    "libglib2.0-0": "libglib-2.0.so.0",
    "libdbus-1-3": "libdbus-1.so.3",
    "libfontconfig1": "libfontconfig.so.1",
    "libxkbcommon0": "libxkbcommon.so.0",
    "libgssapi-krb5-2": "libgssapi_krb5.so.2",
}
X11_LIBRARIES = {
    "libxcb-cursor0": "libxcb-cursor.so.0",
    "libxcb-icccm4": "libxcb-icccm.so.4",
    "libxcb-keysyms1": "libxcb-keysyms.so.1",
    "libxcb-shape0": "libxcb-shape.so.0",
    "libxkbcommon-x11-0": "libxkbcommon-x11.so.0",
}
WAYLAND_LIBRARIES = {"libwayland-cursor0": "libwayland-cursor.so.0"}

# Programs that some tests compare with, and skip themselves without: Debian package → a program or a file pattern.
OPTIONAL = {
    "php-cli": "php",
    "libreoffice-calc": "soffice",
    "poppler-utils": "pdftotext",
    "dbus-daemon": "dbus-daemon",
    "libfaketime": "/usr/lib/*/faketime/libfaketimeMT.so.1",
}


class CannotGoOn(Exception):
    """Nothing can work until the user does what the sentence says."""


def say(line: str) -> None:
    """Write one line per step, at once even when the output goes into a file."""
    print(line, flush=True)


# --- what the system lacks ---------------------------------------------------------------------------------------------


def libraries(command: str, platform: str, env: Mapping[str, str]) -> dict[str, str]:
    """Return the system libraries that ``command`` needs: X11's for a window, none where Python's packages bring everything."""
    if platform != "linux":
        return {}
    needed = dict(QT_LIBRARIES)
    if command == "demo":
        needed |= X11_LIBRARIES if env.get("DISPLAY") else {}
        needed |= WAYLAND_LIBRARIES if env.get("WAYLAND_DISPLAY") else {}
    return needed


def loads(library: str) -> bool:
    """Tell whether the system's loader finds a library."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def missing_libraries(needed: Mapping[str, str]) -> list[str]:
    """Return the packages among ``needed`` (package → library) whose library cannot be loaded."""
    return [package for package, library in needed.items() if not loads(library)]


def missing_optional(needed: Mapping[str, str]) -> list[str]:
    """Return the packages among ``needed`` (package → program or file pattern) that are not installed."""
    return [package for package, what in needed.items() if not is_installed(what)]


def is_installed(what: str) -> bool:
    """Tell whether a program is on the PATH, or a file of an absolute pattern is there."""
    if what.startswith("/"):
        return any(Path("/").glob(what[1:]))
    return shutil.which(what) is not None


def install_optional() -> None:
    """Install the programs that some tests compare with, or say how.  The tests can do without them."""
    missing = missing_optional(OPTIONAL)
    if missing and shutil.which("apt-get") and is_root() and install(missing):
        missing = missing_optional(OPTIONAL)
    report_optional(missing)


def report_optional(missing: Sequence[str]) -> None:
    """Say in one line which tests are skipped, and what to install so that they run."""
    if missing:
        say(f"Skipped are the tests that need {', '.join(missing)} (Debian's names); install these to run them too.")


def venv_packages(python: tuple[int, int]) -> list[str]:
    """Return the package that making an environment needs and that Debian splits from Python.  None when it is there."""
    return [] if importlib.util.find_spec("ensurepip") else [f"python{python[0]}.{python[1]}-venv"]


def line_for_administrator(packages: Sequence[str]) -> str:
    """Return the exact line that installs ``packages``."""
    return "sudo apt-get install -y " + " ".join(packages)


def install(packages: Sequence[str]) -> bool:
    """Install Debian packages as root without a question.  False, after apt's last lines, when that fails."""
    say(f"Installing {len(packages)} system packages: {' '.join(packages)}")
    command = ["apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=120", "install", "--no-install-recommends", *packages]
    result = _apt(command)
    if result.returncode != 0:  # as on a machine whose lists are empty or old
        _apt(["apt-get", "-q", "update"])
        result = _apt(command)
    if result.returncode != 0:
        print("\n".join(result.stdout.splitlines()[-5:]), file=sys.stderr)
    return result.returncode == 0


def _apt(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        env=os.environ | KEEP_STILL,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )


def is_root() -> bool:
    """Tell whether this may install system packages.  Never on Windows."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def prepare_system(command: str) -> list[str]:
    """Install what the system lacks, or say who can.  Return the packages whose libraries are still missing.

    Raises:
        CannotGoOn: no environment can be made, or the tests need what is missing.
    """
    needed = libraries(command, sys.platform, os.environ)
    python = sys.version_info[:2]
    packages = missing_libraries(needed) + venv_packages(python)
    if not packages:
        return []
    if shutil.which("apt-get") and is_root() and install(packages):
        importlib.invalidate_caches()
        packages = missing_libraries(needed) + venv_packages(python)
    return still_missing(command, packages, venv_packages(python), with_apt=shutil.which("apt-get") is not None)


def still_missing(command: str, packages: list[str], for_venv: list[str], *, with_apt: bool) -> list[str]:
    """Say what to do about ``packages``, and decide whether ``command`` can go on without them."""
    if not packages:
        return []
    if with_apt:
        say("This system lacks libraries that are needed here. An administrator can add them with:")
        say(f"    {line_for_administrator(packages)}")
    else:
        say(f"This system lacks what Debian calls {', '.join(packages)}. Install it with the system's package manager.")
    if for_venv:
        raise CannotGoOn("Python cannot make an environment without them. Then run this again.")
    if command == "test":
        raise CannotGoOn("The tests of the window cannot start without them. Then run this again.")
    return packages


# --- the environment ---------------------------------------------------------------------------------------------------


class Environment:
    """The folder ``.venv`` of a repository, which is brought up to date with one of the locks.

    ``.venv/stamp`` is written last: the word ``run`` or ``dev``, and a checksum of what the environment was made from.
    """

    def __init__(self, root: Path) -> None:
        """Take the environment of the repository at ``root``."""
        self._root = root
        self._folder = root / ".venv"
        self._stamp = self._folder / "stamp"

    def program(self, name: str) -> Path:
        """Return the path of a program of the environment."""
        windows = os.name == "nt"
        return self._folder / ("Scripts" if windows else "bin") / (f"{name}.exe" if windows else name)

    def checksum(self) -> str:
        """Return the SHA-256 over both locks, pyproject.toml, the Python version, and the folder, which scripts hold."""
        total = hashlib.sha256(f"{sys.version}\n{self._root}\n".encode())
        for name in ("packaging/requirements-run.txt", "packaging/requirements-dev.txt", "pyproject.toml"):
            total.update(hashlib.sha256((self._root / name).read_bytes()).digest())
        return total.hexdigest()

    def holds(self) -> str | None:
        """Return ``run`` or ``dev`` when it is whole and up to date, else None."""
        try:
            level, checksum = self._stamp.read_text(encoding="ascii").split()
        except (OSError, ValueError):
            return None
        whole = self.program("python").exists() and self.program("cg-uploader").exists()
        return level if whole and checksum == self.checksum() else None

    def prepare(self, level: str) -> None:
        """Install at least the lock ``level``.  ``dev`` includes ``run``.

        Raises:
            CannotGoOn: Python or pip fails.
        """
        held = self.holds()
        if held in ("dev", level):
            return
        self._stamp.unlink(missing_ok=True)
        if held is None:
            say("Making the environment .venv")
            self._must([sys.executable, "-m", "venv", "--clear", str(self._folder)], "Python could not make .venv.")
        lock = self._root / "packaging" / f"requirements-{level}.txt"
        entries = sum("==" in line for line in lock.read_text(encoding="utf-8").splitlines())
        say(f"Installing up to {entries} libraries into .venv, each checked by its hash; this takes a minute")
        sentence = "pip could not install the libraries: can this machine reach its package index?"
        self._pip(["--require-hashes", "--only-binary", ":all:", "-r", str(lock)], sentence)
        say("Installing CG Uploader itself into .venv")
        project = ["--no-deps", "--no-build-isolation", "--editable", str(self._root)]
        self._pip(project, "pip could not install CG Uploader itself.")
        self._stamp.write_text(f"{level} {self.checksum()}\n", encoding="ascii")

    def compile_catalogues(self) -> None:
        """Make each catalogue of messages (``.mo``) that is missing or older than its ``.po``."""
        sources = self._root.glob("resources/locale/*/LC_MESSAGES/*.po")
        if any(is_newer(source, source.with_suffix(".mo")) for source in sources):
            script = str(self._root / "packaging" / "make_catalogues.py")
            self._must([str(self.program("python")), "-I", script, "--compile"], "The messages could not be compiled.")

    def _pip(self, arguments: Sequence[str], sentence: str) -> None:
        # -I: no PYTHONPATH, no user site, and nothing from the folder that this was called in.
        pip = [str(self.program("python")), "-I", "-m", "pip", "--disable-pip-version-check", "--no-input", "-qq", "install"]
        self._must([*pip, *arguments], sentence)

    def _must(self, command: Sequence[str], sentence: str) -> None:
        if subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode != 0:
            raise CannotGoOn(f"{sentence} (What it said stands above.) Then run this again.")


def is_newer(source: Path, made: Path) -> bool:
    """Tell whether ``made`` is not there, or ``source`` has changed since."""
    return not made.exists() or made.stat().st_mtime < source.stat().st_mtime


# --- the commands ------------------------------------------------------------------------------------------------------


def demo(environment: Environment, arguments: Sequence[str], missing: Sequence[str]) -> int:
    """Run the demonstration.  The program itself sees whether there is a display for its window."""
    command = [str(environment.program("cg-uploader")), "demo", *demo_arguments(arguments, missing)]
    return hand_over(command, os.environ)


def demo_arguments(arguments: Sequence[str], missing: Sequence[str]) -> list[str]:
    """Return the options of the demonstration: it stays in the terminal when libraries of a window are missing."""
    if not missing or "--headless" in arguments:
        return list(arguments)
    say("A window cannot open without them, so the demonstration runs in the terminal.")
    return ["--headless", *arguments]


def test(environment: Environment, arguments: Sequence[str]) -> int:
    """Run the tests without a display, two at once for each processor (four at most), because many of them wait."""
    report_optional(missing_optional(OPTIONAL))
    os.chdir(ROOT)
    at_once = str(min(4, 2 * (os.cpu_count() or 1)))
    spread = ["-n", at_once, "--dist", "worksteal"]
    command = [str(environment.program("python")), "-m", "pytest", *spread, *arguments]
    return hand_over(command, os.environ | {"QT_QPA_PLATFORM": "offscreen"})


def hand_over(command: Sequence[str], env: Mapping[str, str]) -> int:
    """Become ``command``, so that Ctrl-C and the exit code are its own.  Windows cannot do that, so there it is waited for."""
    if os.name == "posix":
        sys.stdout.flush()
        os.execve(command[0], list(command), dict(env))
    process = subprocess.Popen(command, env=dict(env))
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue  # the program got it too, and ends by itself


def main(arguments: Sequence[str]) -> int:
    """Prepare what is missing, then do what the first argument says."""
    if not arguments or arguments[0] not in ("demo", "test", "develop"):
        print(USAGE, file=sys.stderr)
        return USAGE_EXIT
    command, *rest = arguments
    environment = Environment(ROOT)
    try:
        missing = prepare_system(command)
        environment.prepare("run" if command == "demo" else "dev")
        environment.compile_catalogues()
    except CannotGoOn as reason:
        print(reason, file=sys.stderr)
        return CANNOT_GO_ON
    if command == "demo":
        return demo(environment, rest, missing)
    if command == "test":
        return test(environment, rest)
    if "--optional" in rest:
        install_optional()
    say(f"Ready: {environment.program('python')}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
