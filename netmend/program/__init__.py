"""A training program as text."""
