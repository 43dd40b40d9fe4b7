"""Lots: what a producer says of what it brings, which household got which, and how they are called back."""
