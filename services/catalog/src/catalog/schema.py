"""The MetaData that catalog's tables hang on; each noun file adds its own."""

from chassis.tables import metadata_for

metadata = metadata_for("catalog")
