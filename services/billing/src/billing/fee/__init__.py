"""Fees: transport and other costs that come to the goods.

The coordinator keeps them (`register`); `fee` says what one comes to for a household, `charged` how that stands on its
cheques, and `sharing` who bears which part of a sum for a whole delivery.
"""
