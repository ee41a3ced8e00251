"""The smoke benchmark: four published faults, in minutes."""
