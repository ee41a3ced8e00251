"""One file for each thing that may be required of the two sides' answers."""
