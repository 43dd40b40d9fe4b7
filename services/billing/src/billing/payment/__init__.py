"""Money that households pay: to a producer itself, or to the hub as its agent.

`life` says what can become of a payment, `owing` what is owed and how a sum is shared out: both without I/O where they
decide. `register` keeps the payments, `noting` writes them and books them, `till` tells what lies in the till.
docs/adr/0017 has the reasons.
"""
