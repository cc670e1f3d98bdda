"""The rows that have left this computer: which are known again, which is the newest, and their file for colleagues."""
