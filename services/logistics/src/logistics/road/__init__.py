"""Ways by road: measured by an engine that the operator names, corrected by people, else reckoned."""
