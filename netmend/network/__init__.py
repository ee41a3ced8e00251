"""A trained network as arrays: read from its own file, evaluated, bounded, and written back."""
