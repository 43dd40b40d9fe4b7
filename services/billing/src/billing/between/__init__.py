"""A group without any account: a household pays a producer for several, and the others pay it back.

None of this money is the hub's. `way` says which groups do so, `advance` keeps who paid a producer for whom and books
it, `transfers` finds as few payments between households as there can be, `drawing` keeps those and what becomes of each
(`life`). docs/adr/0027 has the reasons.
"""
