"""The allocator as a command, and the page that tells of it."""
