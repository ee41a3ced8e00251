"""The benchmark of conversion repair: faults of known origin in converted networks, and healthy pairs as controls."""
