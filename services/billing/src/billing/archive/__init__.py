"""Archives of the books and papers of some days: packed, signed, and checked without the hub."""
