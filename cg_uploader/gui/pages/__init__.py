"""One step of the window a file."""
