"""The commands of the terminal.  They call the same functions as the window, and hold no logic of their own."""
