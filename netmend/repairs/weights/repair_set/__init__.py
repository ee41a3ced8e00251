"""One file per analysis of a repair set."""
