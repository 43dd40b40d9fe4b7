"""Pages of ordering, by what they are about."""
