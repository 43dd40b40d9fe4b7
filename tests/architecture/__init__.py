"""The rules of the architecture as code, and the tests of the rules."""
