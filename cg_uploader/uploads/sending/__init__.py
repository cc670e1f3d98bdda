"""From a plan to outcomes: what leaves when, and what follows from each answer."""
