"""A pretend CustomerGauge on loopback."""
