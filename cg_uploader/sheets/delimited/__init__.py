"""Delimited text (csv, tsv, txt): encoding, dialect, records and rows."""
