"""Invoices of what was sold to households, by producers and by the hub. Numbered, linked, never changed."""
