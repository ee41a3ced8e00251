"""One file per solver of the small program that one linearisation leads to."""
