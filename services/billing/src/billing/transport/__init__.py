"""What bringing the goods cost, as logistics shares it: told to households and producers, charged to nobody."""
