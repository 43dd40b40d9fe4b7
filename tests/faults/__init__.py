"""A hub of real processes is killed, stopped, starved and lied to, all from a seed; a checker judges what is left."""
