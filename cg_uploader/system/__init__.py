"""What the program asks of the computer: its home, whole files, named files, other programs."""
