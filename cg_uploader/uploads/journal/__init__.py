"""What is on disk of each run, and of all runs together."""
