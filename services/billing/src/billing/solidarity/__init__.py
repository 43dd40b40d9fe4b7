"""The solidarity fund: what is given to it, what it pays, and for whom.

`fund` is the money and where it lies; `band` says what share of its goods a household pays itself; `paying` has the
fund pay the rest to the producers, who get their price in full.
"""
