"""Temperatures that were measured, what they break, and what becomes of the goods."""
