"""Repair of a training program."""
