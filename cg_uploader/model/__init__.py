"""The nouns: what crosses a layer or a thread.  Frozen, and nothing here does input or output."""
