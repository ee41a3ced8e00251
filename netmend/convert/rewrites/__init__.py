"""One file for each way to spell a network otherwise, so that a converter takes it."""
