"""What a run leaves: reports, receipts, failed rows, and where files may be saved."""
