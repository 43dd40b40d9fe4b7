"""May the events change like this? Held in `make check`; imports only pydantic and the standard library.

Events are kept for years and services are renewed one after the other, so within a version both must hold: what was
written before is read by the models of today, and what is written today is read by the models of before. That
leaves one kind of change: a new optional field. Everything else is a new version beside the old one.
"""
