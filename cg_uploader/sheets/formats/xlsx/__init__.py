"""Excel workbooks (xlsx, xlsm): the workbook, its sheets as streams, and the texts that cells share."""
