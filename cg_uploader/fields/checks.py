"""The door to all checks: of a plan, of one row, of the whole file.

An *error* in a row holds that row back. An *error* in the plan means that nothing can be sent. A *warning* is shown, but does
not stop anything.
"""

from __future__ import annotations

from cg_uploader.fields.filecheck import CheckResult, ProblemGroup, ProblemList, check
from cg_uploader.fields.plancheck import find_plan_problems
from cg_uploader.fields.problems import Problem
from cg_uploader.fields.rowcheck import RowChecker

__all__ = ["CheckResult", "Problem", "ProblemGroup", "ProblemList", "RowChecker", "check", "find_plan_problems"]
