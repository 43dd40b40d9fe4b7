"""What every table of logistics hangs on. The tables themselves are in the files of their nouns.

Names are kept as Text: they were typed elsewhere, and a copy that refuses a long one would hold up a whole cycle.
"""

from chassis.tables import metadata_for

metadata = metadata_for("logistics")
