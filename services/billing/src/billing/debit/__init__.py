"""Direct debits: a household lets the hub take what it owes from its bank account.

mandate   what a household agreed to          due       what can be taken of whom, and why not
returned  why a bank gives one back           register  batches as they are kept
batch     drawing up, approving, booking      file      the file for the bank (pain.008)
amended   what changed in a mandate since it was last used

A batch lives as a payout does (`instruction`). Once the bank has executed it each of its debits is a payment of the
household, by which the books are written. docs/adr/0025 has the reasons.
"""
