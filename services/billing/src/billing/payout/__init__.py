"""Money out: what the hub holds for producers is sent to them, and what it owes to households, volunteers and
suppliers, in files for the bank that two people have looked at.

account   where a producer's money goes       due       what can be sent to whom, and why not
batch     drawing up, approving, booking      file      the file for the bank (pain.001)
"""
