"""The journal's file: opening and damage, versions, locks, commits and their count."""
