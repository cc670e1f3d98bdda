"""The commands of the terminal, by what they are about; thin over the same doors as the window."""
