"""Mask an element and say what could stand there: one file per way of scoring candidates."""
