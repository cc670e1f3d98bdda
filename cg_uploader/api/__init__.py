"""CustomerGauge on the wire."""
