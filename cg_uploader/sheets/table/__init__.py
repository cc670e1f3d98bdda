"""What the rows of a sheet become: header row, columns, rows, merged cells, and the spool that holds them."""
