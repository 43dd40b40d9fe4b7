"""Places and means: where goods go through, what carries them, and who drives."""
