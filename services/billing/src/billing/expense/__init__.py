"""Expense claims (défraiement): what volunteers spent or drove for the hub, accepted by another person, and paid.

claim   what a claim is and what can become of it, kept        desk   handing in, deciding, paying, with the books
"""
