"""Tests of ordering use the fixtures of the chassis."""

pytest_plugins = ["chassis.testing"]
