"""What a user may require of a network's outputs, one file for each form."""
