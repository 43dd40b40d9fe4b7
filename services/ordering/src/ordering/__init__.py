"""Groups, households, cycles, orders and people."""
