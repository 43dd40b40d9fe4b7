"""What the hub buys and sells again: what it costs, what came of it, what suppliers bill, what it owes them."""
