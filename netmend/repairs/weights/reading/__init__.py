"""One file for each form in which points may be given."""
