"""One file per rule-based patch operator."""
