"""The papers of a published day: what each carrier, dock, producer and village has in hand. All follow from the day and
its plan; nothing is kept."""
