"""A training program as something that runs."""
