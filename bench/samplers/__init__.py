"""Our samplers against the packages they are named after, on standard functions."""
