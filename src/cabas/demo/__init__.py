"""`cabas demo`: one week of a hub in the Aude, loaded, ordered and settled over HTTP, with its figures."""
