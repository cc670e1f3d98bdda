"""What text one stored value becomes, and the notes about it. The law is CELL_TEXT.md."""
