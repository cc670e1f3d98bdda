"""What is known of rows that have left: which run had them, which is the newest, and what others were told of them."""
