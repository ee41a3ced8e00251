"""Repair of a trained network by a small, verified change of its weights."""
