"""The schedule of a day: drafts of it, what was published, and what everyone reads from it."""
