"""The kinds of repair."""
