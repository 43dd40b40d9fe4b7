"""Claims: what of the goods a household was handed was spoiled, who was asked about it, and what became of it.

A claim is tentative until its producer answers; only then are amounts made anew, as they are of a delivery that is
recorded otherwise.
"""
