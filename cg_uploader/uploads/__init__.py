"""The uploads: a plan becomes outcomes."""
