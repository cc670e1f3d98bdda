"""What a run will send: built from a file, a configuration and what earlier uploads mean for it."""
