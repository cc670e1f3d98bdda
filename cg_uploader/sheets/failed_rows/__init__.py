"""The file of failed rows: written after a run, and opened again as what it is."""
