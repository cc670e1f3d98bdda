"""The sealing of a file with a code, and the only module that imports PyNaCl.

Argon2id makes a key of the code.  libsodium's *secretstream* (XChaCha20-Poly1305) seals block after block with it: each block
is bound to all before it, and the last one says that it is the last.  So a block that was changed, moved, left out, taken from
another file or put behind the last one does not open.
"""

from __future__ import annotations

import hmac
import os

from nacl import bindings
from nacl.exceptions import CryptoError
from nacl.pwhash import argon2id

# The code has 100 random bits, so it cannot be guessed even at no cost for each guess. So libsodium's "interactive" limits are
# enough: a tenth of a second and 64 MiB, which an old laptop has ("moderate" takes 256 MiB and seconds). They are part of the
# format: other limits are another version of it.
OPERATIONS = argon2id.OPSLIMIT_INTERACTIVE
MEMORY_BYTES = argon2id.MEMLIMIT_INTERACTIVE

_KEY_BYTES = bindings.crypto_secretstream_xchacha20poly1305_KEYBYTES
_CHECK_BYTES = 32
_LAST = bindings.crypto_secretstream_xchacha20poly1305_TAG_FINAL
_MORE = bindings.crypto_secretstream_xchacha20poly1305_TAG_MESSAGE


class WrongCode(Exception):
    """The file was sealed with another code."""


class NotAsSealed(Exception):
    """A block is not the one that was sealed at its position."""


class Sealer:
    """Seals the blocks of one file in their order.  ``salt``, ``check`` and ``start`` go into the file as they are."""

    def __init__(self, code: str) -> None:
        """Make a key of ``code`` that no other file has."""
        self.salt = os.urandom(argon2id.SALTBYTES)
        key, self.check = _derived(code, self.salt)
        self._state = bindings.crypto_secretstream_xchacha20poly1305_state()
        self.start = bindings.crypto_secretstream_xchacha20poly1305_init_push(self._state, key)

    def seal(self, block: bytes, *, bound: bytes = b"", last: bool) -> bytes:
        """Return the next block sealed, 17 bytes longer.  It opens only together with ``bound``, which is not in it."""
        tag = _LAST if last else _MORE
        return bindings.crypto_secretstream_xchacha20poly1305_push(self._state, block, bound or None, tag)


class Opener:
    """Opens the blocks of one file in their order."""

    def __init__(self, code: str, salt: bytes, check: bytes, start: bytes) -> None:
        """Make the key again.

        Raises:
            WrongCode: ``check`` was made of another code.
        """
        key, expected = _derived(code, salt)
        if not hmac.compare_digest(check, expected):
            raise WrongCode
        self._state = bindings.crypto_secretstream_xchacha20poly1305_state()
        bindings.crypto_secretstream_xchacha20poly1305_init_pull(self._state, start, key)

    def open(self, sealed: bytes, *, bound: bytes = b"", last: bool) -> bytes:
        """Return what was sealed.

        Raises:
            NotAsSealed: It is not the next block, or was sealed with another ``bound`` or ``last``.
        """
        try:
            block, tag = bindings.crypto_secretstream_xchacha20poly1305_pull(self._state, sealed, bound or None)
        except CryptoError:
            raise NotAsSealed from None
        if tag != (_LAST if last else _MORE):
            raise NotAsSealed
        return block


def _derived(code: str, salt: bytes) -> tuple[bytes, bytes]:
    """Return the key, and what tells a wrong code from a changed file and says nothing about the key."""
    size = _KEY_BYTES + _CHECK_BYTES
    both = argon2id.kdf(size, code.encode(), salt, opslimit=OPERATIONS, memlimit=MEMORY_BYTES)
    return both[:_KEY_BYTES], both[_KEY_BYTES:]
