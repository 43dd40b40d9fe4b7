"""The revisions of billing's schema."""
