"""Opens each file format, tells which one a file has, and names what cannot be read."""
