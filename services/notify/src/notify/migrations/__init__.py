"""The revisions of notify's schema."""
