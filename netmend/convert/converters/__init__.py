"""One file for each converter."""
