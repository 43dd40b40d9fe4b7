"""Seals: how far the books had come at a day's end, written down to be kept outside of the hub."""
