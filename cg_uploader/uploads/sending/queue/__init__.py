"""Which row goes next, and when."""
