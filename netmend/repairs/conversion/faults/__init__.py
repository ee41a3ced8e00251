"""Types of conversion faults: how each is recognised, mended and made, one file per type."""
