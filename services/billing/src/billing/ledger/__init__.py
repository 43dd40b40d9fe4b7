"""The ledger: double entry, append-only, one book for each taxable person (the hub, and each producer).

`chart` names the accounts, `entry` is the arithmetic, `rules` says what is booked for what: all without I/O. `book`
keeps the entries, `posting` writes them, `closing` ends days, months and years, `proof` looks whether anything was
changed. docs/adr/0015 has the reasons.
"""
