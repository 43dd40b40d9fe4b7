"""What the bank says: statements read, their lines kept once, and each line settled, set aside, or left to be done.

`statement` says what a statement is; `camt`, `ofx` and `table` read one from bytes, `reading` tells them apart: all
without I/O. `register` keeps accounts, statements and lines, `importing` takes a file in, `known` tells lines that are
there already, `matching` says whose a line is, `settling` books it and undoes it, `instructed` tells what it did of
payouts and debits, `proof` holds the bank's balance against the book. docs/adr/0019 has the reasons.
"""
