"""Mandate contracts: the hub sells in a producer's name, never owns the goods, and says on what terms.

`clauses.py` is what a contract says, `text.py` the words that are signed, `life.py` what can become of it;
`contract.py` keeps it, `drafting.py`, `signing.py` and `ending.py` are what people do with it.
"""
