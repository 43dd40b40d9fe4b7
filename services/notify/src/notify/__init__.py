"""Mails: sent once, kept while the mail server is away."""
