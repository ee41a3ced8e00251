"""One file per way of finding a change of weights."""
