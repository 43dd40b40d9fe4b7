"""Across services only: what one service promises is tested beside it."""
