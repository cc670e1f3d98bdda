"""The keys of a profile's JSON: which there are, what each may hold, and the message about one that is wrong."""

from __future__ import annotations

from collections.abc import Mapping as Dict
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import urlsplit

from cg_uploader.errors import ProfileError, UsageError
from cg_uploader.model.configuration import Address, Configuration, Field, Mapping, Options, Profile, Source
from cg_uploader.model.enums import BlankCells, DataType, FieldKind, Identity, Region
from cg_uploader.model.regions import REGIONS
from cg_uploader.system.loopback import is_loopback
from cg_uploader.translation import _

# Size of a setup file.
MAX_BYTES = 4 << 20
MAX_NAME_CHARS = 200
MAX_TEXT_CHARS = 10_000
# Characters of a wrong value that a message shows.
MAX_SHOWN_CHARS = 40

Word = TypeVar("Word", bound=StrEnum)


def refuse_repeated_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a JSON object as a dict.

    Raises:
        ProfileError: A key is there twice, so that one would be lost.
    """
    data: dict[str, Any] = {}
    for key, value in pairs:
        if key in data:
            raise ProfileError(_("The key “{key}” is there twice. Take one out.").format(key=key))
        data[key] = value
    return data


def decode_profile(data: Any, version: int) -> Profile:
    """Return the profile in decoded JSON.

    Raises:
        ProfileError: A key is unknown, missing or wrong, or the version is another one. The sentence names the key.
    """
    top = _object(data, "", "version", "name", "region", "address", "configuration", "mapping", "options")
    named = top.get("version")
    if named != version or isinstance(named, bool):
        sentence = _("“version” must be {version}, not {value}.").format(version=version, value=_shown(named))
        newer = _("A newer CG Uploader may have made it.") if isinstance(named, int) and named > version else ""
        raise ProfileError(f"{sentence} {newer}".rstrip())
    region = _word(_needed(top, "region"), "region", Region)
    address = _address(top["address"], region) if "address" in top else None
    return Profile(
        name=_name(_needed(top, "name")),
        region=region,
        configuration=_configuration(_needed(top, "configuration")),
        address=address,
        mapping=_mapping(top["mapping"]) if "mapping" in top else None,
        options=_options(top.get("options", {})),
    )


def _object(data: Any, path: str, *keys: str) -> Dict[str, Any]:
    """Return ``data``, an object with no other keys than ``keys``.

    ``path``: the keys that lead to it. Empty for the profile itself.
    """
    if not isinstance(data, dict):
        if not path:
            raise ProfileError(_("A profile must be an object in braces, not {value}.").format(value=_shown(data)))
        raise ProfileError(_("“{key}” must be an object in braces, not {value}.").format(key=path, value=_shown(data)))
    for key in data:
        if key not in keys:
            text = _("The key “{key}” is not known. Known are: {keys}.")
            raise ProfileError(text.format(key=_joined(path, _short(key)), keys=", ".join(keys)))
    return data


def _needed(data: Dict[str, Any], key: str, path: str = "") -> Any:
    if key not in data:
        raise ProfileError(_("The key “{key}” is missing.").format(key=_joined(path, key)))
    return data[key]


def _joined(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _text(value: Any, key: str, *, max_chars: int = MAX_TEXT_CHARS, lines: bool = False, blank: bool = False) -> str:
    """Return a text. ``lines``: line breaks and tabs are allowed. ``blank``: it may be empty."""
    if not isinstance(value, str):
        raise ProfileError(_("“{key}” must be a text, not {value}.").format(key=key, value=_shown(value)))
    if not blank and not value.strip():
        raise ProfileError(_("“{key}” must not be empty.").format(key=key))
    if len(value) > max_chars:
        raise ProfileError(_("“{key}” is longer than {count:,} characters.").format(key=key, count=max_chars))
    if any((ord(char) < 32 or 127 <= ord(char) < 160) and not (lines and char in "\n\t") for char in value):
        raise ProfileError(_("“{key}” holds a control character.").format(key=key))
    if any(0xD800 <= ord(char) < 0xE000 for char in value):
        raise ProfileError(_("“{key}” holds half of a character.").format(key=key))
    return value


def _name(value: Any) -> str:
    name = _text(value, "name", max_chars=MAX_NAME_CHARS)
    if name != name.strip():
        raise ProfileError(_("“name” must not begin or end with a blank."))
    return name


def _word(value: Any, key: str, kind: type[Word]) -> Word:
    words = [member.value for member in kind]
    if not isinstance(value, str) or value not in words:
        raise ProfileError(
            _("“{key}” must be one of {words}, not {value}.").format(key=key, words=", ".join(words), value=_shown(value))
        )
    return kind(value)


def _flag(value: Any, key: str) -> bool:
    if not isinstance(value, bool):
        raise ProfileError(_("“{key}” must be true or false, not {value}.").format(key=key, value=_shown(value)))
    return value


def _number(value: Any, key: str, max_value: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= max_value:
        text = _("“{key}” must be a whole number from 1 to {max:,}, not {value}.")
        raise ProfileError(text.format(key=key, max=max_value, value=_shown(value)))
    return value


def _shown(value: Any) -> str:
    """Return what a message says of a wrong value."""
    kinds = {dict: _("an object"), list: _("a list"), bool: str(value).lower(), type(None): _("nothing")}
    return kinds.get(type(value)) or f"“{_short(str(value))}”"


def _short(text: str) -> str:
    printable = "".join(char if char.isprintable() else "?" for char in text[: MAX_SHOWN_CHARS + 1])
    return printable[:MAX_SHOWN_CHARS] + "…" if len(printable) > MAX_SHOWN_CHARS else printable


def _address(value: Any, region: Region) -> Address:
    data = _object(value, "address", "auth", "records")
    if not REGIONS[region].practice:
        raise ProfileError(
            _("“address” is allowed for region practice only; region {region} has its own. Take it out.").format(
                region=region.value
            )
        )
    auth = _loopback(_needed(data, "auth", "address"), "address.auth")
    records = _loopback(_needed(data, "records", "address"), "address.records")
    return Address(auth, records if records.endswith("/") else records + "/")


def _loopback(value: Any, key: str) -> str:
    """Return a web address on this computer, judged after parsing: no file of a stranger may send credentials elsewhere."""
    text = _text(value, key, max_chars=500)
    wrong = ProfileError(
        _("“{key}” must be an http address on this computer, like http://127.0.0.1:8401/, not {text}.").format(
            key=key, text=_shown(text)
        )
    )
    if not text.isascii() or any(char in text for char in "\\@ ?#%"):
        raise wrong
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise wrong from None
    if parts.scheme != "http" or port == 0 or not is_loopback(host):
        raise wrong
    return text


def _configuration(value: Any) -> Configuration:
    data = _object(value, "configuration", "reference", "data_type", "fields")
    fields = _needed(data, "fields", "configuration")
    if not isinstance(fields, list):
        raise ProfileError(_("“configuration.fields” must be a list, not {fields}.").format(fields=_shown(fields)))
    by_heading: dict[str, Field] = {}
    for number, item in enumerate(fields, 1):
        field = _field(item, number)
        if field.heading in by_heading:
            raise ProfileError(
                _("The heading “{heading}” is there twice in “configuration.fields”. Take one out.").format(
                    heading=_short(field.heading)
                )
            )
        by_heading[field.heading] = field
    return Configuration(
        reference=_text(_needed(data, "reference", "configuration"), "configuration.reference", max_chars=500),
        data_type=_word(_needed(data, "data_type", "configuration"), "configuration.data_type", DataType),
        fields=tuple(by_heading.values()),
    )


def _field(value: Any, number: int) -> Field:
    path = f"configuration.fields[{number}]"
    data = _object(value, path, "heading", "required", "kind", "max_length", "identifies")
    return Field(
        heading=_heading(_needed(data, "heading", path), f"{path}.heading"),
        required=_flag(data.get("required", False), f"{path}.required"),
        kind=_word(data.get("kind", "text"), f"{path}.kind", FieldKind),
        max_length=_number(data["max_length"], f"{path}.max_length", 1_000_000) if "max_length" in data else None,
        identifies=_word(data["identifies"], f"{path}.identifies", Identity) if "identifies" in data else None,
    )


def _heading(value: Any, key: str) -> str:
    """Return a heading to the letter, with blanks at its ends. The check of the plan says what cannot be sent."""
    return _text(value, key, max_chars=1_000)


def _mapping(value: Any) -> Mapping:
    if not isinstance(value, dict):
        raise ProfileError(_("“mapping” must be an object in braces, not {value}.").format(value=_shown(value)))
    return Mapping(tuple((_heading(heading, "mapping"), _source(heading, item)) for heading, item in value.items()))


def _source(heading: str, value: Any) -> Source:
    key = f"mapping.{_short(heading)}"
    data = _object(value, key, "column", "constant")
    if len(data) != 1:
        raise ProfileError(_("“{key}” must hold either “column” or “constant”.").format(key=key))
    if "constant" in data:
        return Source(constant=_text(data["constant"], f"{key}.constant", lines=True, blank=True))
    column = data["column"]
    if isinstance(column, dict):
        letter = _needed(_object(column, f"{key}.column", "letter"), "letter", f"{key}.column")
        return Source(letter=_letter(letter, f"{key}.column.letter"))
    return Source(column=_text(column, f"{key}.column", lines=True))


def _letter(value: Any, key: str) -> str:
    letter = _text(value, key, max_chars=10)
    if not (letter.isascii() and letter.isalpha() and len(letter) <= 3):
        raise ProfileError(
            _("“{key}” must be a column's letters as Excel shows them, like C or AB, not {letter}.").format(
                key=key, letter=_shown(letter)
            )
        )
    return letter.upper()


def _options(value: Any) -> Options:
    data = _object(value, "options", "blank_cells", "connections")
    try:
        return Options(
            blank_cells=_word(data.get("blank_cells", "leave_out"), "options.blank_cells", BlankCells),
            connections=_number(data.get("connections", Options().connections), "options.connections", 1_000),
        )
    except UsageError as error:
        raise ProfileError(f"“options”: {error.sentence}") from None
