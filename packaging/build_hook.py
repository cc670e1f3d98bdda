"""A hook of hatchling that adds the compiled catalogues of messages to a wheel."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CatalogueHook(BuildHookInterface[Any]):
    """Compiles each ``.po`` before a wheel is built, and puts the ``.mo`` into it."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's signature
        """Compile, and name each file with its path in the wheel."""
        root = Path(self.root)
        script = runpy.run_path(str(root / "packaging" / "make_catalogues.py"))
        for file in script["compile_all"](root):
            build_data["force_include"][str(file)] = f"cg_uploader/{file.relative_to(root).as_posix()}"
