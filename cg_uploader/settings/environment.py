"""What the program takes out of its environment when it starts, so that no other program inherits it and nothing obeys it."""

from __future__ import annotations

import sys
from collections.abc import Mapping, MutableMapping

from cg_uploader.settings.credentials import CODE_VARIABLE, ID_VARIABLE, SECRET_VARIABLE

_WITHOUT_A_SAY = ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE")
"""They would add to whom is trusted, or write the keys of connections down; the Settings have a file of certificates."""
_LIBRARIES, _LIBRARIES_BEFORE = "LD_LIBRARY_PATH", "LD_LIBRARY_PATH_ORIG"


def settle(environment: MutableMapping[str, str], *, frozen: bool | None = None) -> Mapping[str, str]:
    """Take the secrets out and return them; undo what an installed program's own start has changed for others.

    ``frozen``: whether this is an installed program; None: find out.
    """
    taken = {name: environment.pop(name) for name in (ID_VARIABLE, SECRET_VARIABLE, CODE_VARIABLE) if name in environment}
    for name in _WITHOUT_A_SAY:
        environment.pop(name, None)
    if getattr(sys, "frozen", False) if frozen is None else frozen:
        before = environment.pop(_LIBRARIES_BEFORE, "")
        environment.pop(_LIBRARIES, None)
        if before:
            environment[_LIBRARIES] = before
    return taken
