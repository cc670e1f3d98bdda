"""The child process in which a file is read: its start, protocol, limits and end."""
