"""Repair of a converted network: where it first goes wrong on right values, why, and the edit that mends it."""
