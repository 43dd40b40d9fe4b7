"""The MetaData all tables of notify hang on."""

from chassis.tables import metadata_for

metadata = metadata_for("notify")
