"""Goods that change hands on the day: what the published plan expects, and what people say happened."""
