"""The record of all runs on this computer."""
