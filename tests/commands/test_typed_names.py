"""The name of something that is not there is not repeated: it may be a secret that was typed in the wrong place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from program import workbook

from cg_uploader import cli
from cg_uploader.errors import UsageError

SECRET = "hunter2-Secret"
PROFILE = {
    "version": 1,
    "name": "Test",
    "region": "eu",
    "configuration": {"reference": "contact", "data_type": "contact", "fields": [{"heading": "Email", "required": True}]},
}
FROM_CSV = ("people.csv", "--profile", "profile.json")
# Where a name is typed, and what is said instead of it.
UNKNOWN = [
    (("profile", "show", SECRET), "There is no profile of that name on this computer. Profiles here: “Test”."),
    (("profile", "delete", SECRET), "There is no profile of that name"),
    (("profile", "export", SECRET, "out.json"), "There is no profile of that name"),
    (("profile", "export", "Test", f"{SECRET}/out.json"), "There is no such folder"),
    (("profile", "export", "Test", f"{SECRET * 40}.json"), "Nothing was saved."),
    (("profile", "import", SECRET), "There is no such file"),
    (("profile", "import", f"{SECRET}/x.json"), "There is no such file"),
    (("profile", "import", SECRET * 40), "There is no such file"),
    (("credentials", "set", SECRET), "There is no profile of that name"),
    (("credentials", "test", SECRET), "There is no profile of that name"),
    (("check", "people.csv", "--profile", SECRET), "There is no profile of that name"),
    (("upload", "people.csv", "--profile", f"{SECRET}.json"), "There is no such file"),
    (("preview", "people.csv", "--delimiter", SECRET), "A delimiter is one character, or tab, or none."),
    (("preview", "people.csv", "--encoding", SECRET), "There is no encoding of that name. Use utf-8,"),
    (("preview", "people.xlsx", "--sheet", SECRET), "There is no sheet of that name. The file has: Contacts."),
    (("check", *FROM_CSV, "--delimiter", SECRET), "A delimiter is one character, or tab, or none."),
    (("upload", *FROM_CSV, "--save-failed", SECRET), ".xlsx or .csv"),
    (("upload", *FROM_CSV, "--save-failed", f"{SECRET}/x.csv"), "Nothing can be saved there."),
    (("resume", "--save-failed", SECRET), ".xlsx or .csv"),
    (("report", "1", "--save", SECRET), ".html"),
    (("report", "1", "--save", f"{SECRET}.html", "--as", "json"), "does not end as --as json says"),
    (("practice-server", "--script", SECRET), "There is no such file"),
]

# The same where the exit code says something else than wrong use.
UNKNOWN_ELSEWHERE = [
    (("preview", SECRET), 3, "The file is not there."),
    (("preview", f"{SECRET}/people.csv"), 3, "The file is not there."),
    (("check", f"{SECRET}.xlsx", "--profile", "Test"), 3, "The file is not there."),
    (("memory", "import", SECRET), 3, "There is no such file."),
    (("credentials", "forget", SECRET), 0, "under that name"),
]


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A workbook, a text file and a profile in the folder where the program starts; the profile is saved, too."""
    monkeypatch.chdir(tmp_path)
    workbook(tmp_path / "people.xlsx", ("Email",), [("ann@example.com",)])
    Path("people.csv").write_text("Email,First Name\nann@example.com,Ann\n", encoding="utf-8")
    Path("profile.json").write_text(json.dumps(PROFILE), encoding="utf-8")
    assert cli.main(["profile", "import", "profile.json"]) == 0


@pytest.mark.parametrize(
    ("words", "code", "sentence"), [*((words, UsageError.exit_code, text) for words, text in UNKNOWN), *UNKNOWN_ELSEWHERE]
)
def test_the_name_of_something_that_is_not_there_is_not_repeated(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...], code: int, sentence: str
) -> None:
    capsys.readouterr()
    assert cli.main(words) == code
    shown = "".join(capsys.readouterr())
    assert sentence in shown
    assert "hunter2" not in shown


def test_what_is_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    Path("broken.json").write_text("{", encoding="utf-8")
    for words, name in (
        (("profile", "import", "broken.json"), "broken.json"),
        (("credentials", "forget", "Test"), "“Test”"),
        (("preview", "people.xlsx", "--delimiter", ";"), "people.xlsx"),
    ):
        capsys.readouterr()
        cli.main(words)
        assert name in "".join(capsys.readouterr())
