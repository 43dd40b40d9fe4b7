"""Producers and what they offer."""
