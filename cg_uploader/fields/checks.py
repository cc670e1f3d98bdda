"""The door to all checks: of a plan, of one row, of the whole file.

An *error* in a row holds that row back, an *error* in the plan means that nothing can be sent; a *warning* is said and sent.
"""

from __future__ import annotations

from cg_uploader.fields.filecheck import CheckResult, Group, Problems, check
from cg_uploader.fields.plancheck import plan_problems
from cg_uploader.fields.problems import Problem
from cg_uploader.fields.rowcheck import RowChecker

__all__ = ["CheckResult", "Group", "Problem", "Problems", "RowChecker", "check", "plan_problems"]
