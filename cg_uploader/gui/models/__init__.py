"""Table models: small, read-only where they can be, tested alone."""
