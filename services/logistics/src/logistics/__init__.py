"""What each producer must bring: pick lists."""
