"""How Excel's binary formats store short numbers and error values."""

from __future__ import annotations

from struct import unpack

# Error values by their codes.
_ERROR_VALUES = {
    0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A",
    0x2B: "#GETTING_DATA",
}  # fmt: skip


def decode_error(code: int) -> str:
    """Return the error value of a code, or ``#N/A`` for a code that is not known."""
    return _ERROR_VALUES.get(code, "#N/A")


def decode_rk(rk: int) -> float:
    """Return the number that is packed into the four bytes of an RK value."""
    if rk & 2:
        number = float((rk >> 2) - (1 << 30) if rk >> 31 else rk >> 2)
    else:
        number = float(unpack("<d", (rk & 0xFFFFFFFC).to_bytes(8, "little")[:4].rjust(8, b"\0"))[0])
    return number / 100 if rk & 1 else number
