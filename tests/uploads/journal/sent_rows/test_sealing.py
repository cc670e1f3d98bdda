"""What the code costs, and blocks that open in their order alone."""

from __future__ import annotations

import pytest
from nacl.pwhash import argon2id

from cg_uploader.uploads.journal.sent_rows.sealing import MEMORY_BYTES, OPERATIONS, NotAsSealed, Opener, Sealer, WrongCode


def test_a_code_costs_what_the_format_says() -> None:
    """Other figures make another key, so they are another version of the format.  256 MiB would be seconds on an old laptop."""
    assert (OPERATIONS, MEMORY_BYTES) == (2, 64 << 20)
    sealer = Sealer("code")
    both = argon2id.kdf(64, b"code", sealer.salt, opslimit=2, memlimit=64 << 20)
    assert sealer.check == both[32:]


def test_blocks_open_in_their_order_with_what_they_are_bound_to_and_as_last_or_not() -> None:
    sealer = Sealer("code")
    blocks = [sealer.seal(b"one", bound=b"lines", last=False), sealer.seal(b"", last=False), sealer.seal(b"three", last=True)]
    assert [len(block) for block in blocks] == [20, 17, 22]

    def opener() -> Opener:
        return Opener("code", sealer.salt, sealer.check, sealer.start)

    whole = opener()
    assert whole.open(blocks[0], bound=b"lines", last=False) == b"one"
    assert whole.open(blocks[1], last=False) == b""
    assert whole.open(blocks[2], last=True) == b"three"
    wrong = [(blocks[0], b"", False), (blocks[0], b"lines", True), (blocks[1], b"", False), (b"", b"", False)]
    for sealed, bound, last in wrong:
        with pytest.raises(NotAsSealed):
            opener().open(sealed, bound=bound, last=last)
    with pytest.raises(WrongCode):
        Opener("other", sealer.salt, sealer.check, sealer.start)
