"""Families of trained networks with their faults, one file each."""
