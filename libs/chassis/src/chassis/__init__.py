"""What every service of Cabas stands on: database, outbox and inbox, JetStream, timers, identity, health.

No word of the business in here.
"""
