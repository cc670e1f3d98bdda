"""A file becomes a Table."""
