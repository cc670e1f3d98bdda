"""A Table and a Configuration become rows ready to send, or problems."""
