"""Conversion of trained networks by the converters that the user has, with rewrites where they fail."""
