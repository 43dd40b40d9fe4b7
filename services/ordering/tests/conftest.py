"""Tests of ordering use the fixtures of the chassis."""
