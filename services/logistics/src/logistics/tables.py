"""What every table of logistics hangs on. The tables themselves are in the files of their nouns."""

from chassis.tables import metadata_for

metadata = metadata_for("logistics")
