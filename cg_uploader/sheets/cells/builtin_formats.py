"""The number formats that workbooks name by id only, as every Excel draws them."""

from __future__ import annotations

_BUILT_IN = {
    0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00",
    5: "#,##0;-#,##0", 6: "#,##0;-#,##0", 7: "#,##0.00;-#,##0.00", 8: "#,##0.00;-#,##0.00",
    9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?", 13: "# ??/??", 14: "yyyy-mm-dd", 15: "d-mmm-yy", 16: "d-mmm",
    17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss", 22: "m/d/yy h:mm",
    37: "#,##0;-#,##0", 38: "#,##0;-#,##0", 39: "#,##0.00;-#,##0.00", 40: "#,##0.00;-#,##0.00",
    41: '#,##0;-#,##0;"-";@', 42: '#,##0;-#,##0;"-";@', 43: '#,##0.00;-#,##0.00;"-";@', 44: '#,##0.00;-#,##0.00;"-";@',
    45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0", 48: "##0.0E+0", 49: "@",
    59: "0", 60: "0.00", 61: "#,##0", 62: "#,##0.00", 67: "0%", 68: "0.00%", 69: "# ?/?", 70: "# ??/??",
    71: "yyyy-mm-dd", 72: "yyyy-mm-dd", 73: "d-mmm-yy", 74: "d-mmm", 75: "mmm-yy", 76: "h:mm", 77: "h:mm:ss",
    78: "mm:ss", 79: "[h]:mm:ss", 80: "mm:ss.0", 81: "m/d/yy h:mm",
}  # fmt: skip
_BUILT_IN |= dict.fromkeys([*range(27, 32), 36, 50, 51, 52, 53, 54, 57, 58], "yyyy-mm-dd")
_BUILT_IN |= dict.fromkeys([32, 33], "h:mm:ss")
_BUILT_IN |= dict.fromkeys([34, 35, 55, 56], "[<1]h:mm:ss;yyyy-mm-dd")


def get_built_in_code(format_id: int) -> str:
    """Give the code of a number format that the file names by its id only. *General* for an id that is not defined."""
    return _BUILT_IN.get(format_id, "General")
