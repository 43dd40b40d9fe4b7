"""What services say to each other, over all of them; one event at a time is tested in libs/contracts."""
