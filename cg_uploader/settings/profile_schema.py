"""The keys of a profile's JSON: which there are, what each may hold, and what is said of one that is wrong."""

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

MAX_BYTES = 4 << 20
MAX_NAME_CHARS = 200
MAX_TEXT = 10_000

Word = TypeVar("Word", bound=StrEnum)


def without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object as a dict; ProfileError for a key that is there twice, where one would be lost in silence."""
    data: dict[str, Any] = {}
    for key, value in pairs:
        if key in data:
            raise ProfileError(_("The key “{key}” is there twice. Take one out.").format(key=key))
        data[key] = value
    return data


def profile_of(data: Any, version: int) -> Profile:
    """The profile that decoded JSON holds; ProfileError names the key at fault."""
    top = _object(data, "", "version", "name", "region", "address", "configuration", "mapping", "options")
    named = top.get("version")
    if named != version or isinstance(named, bool):
        sentence = _("“version” must be {version}, not {value}.").format(version=version, value=_found(named))
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
    """``data``, which stands at ``path``, empty for the profile itself; ProfileError for any other keys than ``keys``."""
    if not isinstance(data, dict):
        if not path:
            raise ProfileError(_("A profile must be an object in braces, not {value}.").format(value=_found(data)))
        raise ProfileError(_("“{key}” must be an object in braces, not {value}.").format(key=path, value=_found(data)))
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


def _text(value: Any, key: str, *, most: int = MAX_TEXT, lines: bool = False, blank: bool = False) -> str:
    """A text; ``lines``: line breaks and tabs are allowed, ``blank``: it may be empty."""
    if not isinstance(value, str):
        raise ProfileError(_("“{key}” must be a text, not {value}.").format(key=key, value=_found(value)))
    if not blank and not value.strip():
        raise ProfileError(_("“{key}” must not be empty.").format(key=key))
    if len(value) > most:
        raise ProfileError(_("“{key}” is longer than {most:,} characters.").format(key=key, most=most))
    if any((ord(letter) < 32 or 127 <= ord(letter) < 160) and not (lines and letter in "\n\t") for letter in value):
        raise ProfileError(_("“{key}” holds a control character.").format(key=key))
    if any(0xD800 <= ord(letter) < 0xE000 for letter in value):
        raise ProfileError(_("“{key}” holds half of a character.").format(key=key))
    return value


def _name(value: Any) -> str:
    name = _text(value, "name", most=MAX_NAME_CHARS)
    if name != name.strip():
        raise ProfileError(_("“name” must not begin or end with a blank."))
    return name


def _word(value: Any, key: str, kind: type[Word]) -> Word:
    words = [member.value for member in kind]
    if not isinstance(value, str) or value not in words:
        raise ProfileError(
            _("“{key}” must be one of {words}, not {value}.").format(key=key, words=", ".join(words), value=_found(value))
        )
    return kind(value)


def _flag(value: Any, key: str) -> bool:
    if not isinstance(value, bool):
        raise ProfileError(_("“{key}” must be true or false, not {value}.").format(key=key, value=_found(value)))
    return value


def _number(value: Any, key: str, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise ProfileError(
            _("“{key}” must be a whole number from 1 to {most:,}, not {value}.").format(key=key, most=most, value=_found(value))
        )
    return value


def _found(value: Any) -> str:
    kinds = {dict: _("an object"), list: _("a list"), bool: str(value).lower(), type(None): _("nothing")}
    return kinds.get(type(value)) or f"“{_short(str(value))}”"


def _short(text: str) -> str:
    printable = "".join(letter if letter.isprintable() else "?" for letter in text[:41])
    return printable[:40] + "…" if len(printable) > 40 else printable


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
    """A web address on this computer, judged after parsing: a stranger's file must not send credentials elsewhere."""
    text = _text(value, key, most=500)
    wrong = ProfileError(
        _("“{key}” must be an http address on this computer, like http://127.0.0.1:8401/, not {text}.").format(
            key=key, text=_found(text)
        )
    )
    if not text.isascii() or any(letter in text for letter in "\\@ ?#%"):
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
        raise ProfileError(_("“configuration.fields” must be a list, not {fields}.").format(fields=_found(fields)))
    made: dict[str, Field] = {}
    for number, item in enumerate(fields, 1):
        field = _field(item, number)
        if field.heading in made:
            raise ProfileError(
                _("The heading “{heading}” is there twice in “configuration.fields”. Take one out.").format(
                    heading=_short(field.heading)
                )
            )
        made[field.heading] = field
    return Configuration(
        reference=_text(_needed(data, "reference", "configuration"), "configuration.reference", most=500),
        data_type=_word(_needed(data, "data_type", "configuration"), "configuration.data_type", DataType),
        fields=tuple(made.values()),
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
    """Kept to the letter, blanks at the ends too; what cannot travel is said by the check of the plan."""
    return _text(value, key, most=1_000)


def _mapping(value: Any) -> Mapping:
    if not isinstance(value, dict):
        raise ProfileError(_("“mapping” must be an object in braces, not {value}.").format(value=_found(value)))
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
    letter = _text(value, key, most=10)
    if not (letter.isascii() and letter.isalpha() and len(letter) <= 3):
        raise ProfileError(
            _("“{key}” must be a column's letters as Excel shows them, like C or AB, not {letter}.").format(
                key=key, letter=_found(letter)
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
