"""What stands between packed texts while they are read: no text of a cell holds a control character."""

# Between the cells of a row (U+001F, unit separator).
CELL = "\x1f"
# Between rows (U+001E, record separator).
ROW = "\x1e"
