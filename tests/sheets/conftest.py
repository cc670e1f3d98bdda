"""Reading a file may start a process, and a busy computer takes its time for that: examples have no deadline of their own."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("files", deadline=None)
settings.load_profile("files")
