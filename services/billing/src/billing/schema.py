"""The MetaData all tables of billing hang on."""

from chassis.tables import metadata_for

metadata = metadata_for("billing")
