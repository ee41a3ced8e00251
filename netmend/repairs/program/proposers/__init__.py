"""One file per way of proposing patches."""
