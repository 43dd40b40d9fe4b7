"""A service as small as can be: what ui does for every service, it does for this one."""
