"""What each household owes to each producer."""
