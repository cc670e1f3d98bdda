"""Each file format by its name, how a file's format is told by its content, and what is refused."""
