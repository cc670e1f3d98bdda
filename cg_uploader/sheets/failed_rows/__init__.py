"""The file of failed rows: saved after a run, and opened again as the original file with those rows only."""
