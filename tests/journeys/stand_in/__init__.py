"""Services with nothing in them, for tests of what holds them together."""
