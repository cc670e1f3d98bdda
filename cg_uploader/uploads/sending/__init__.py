"""The sending of a plan's rows: which row leaves when, and what follows from each answer."""
