"""Cabas, the product: one command that runs the five services of the hub."""
