"""The architecture benchmark: 34 published faults of training programs, and what repairing them costs and gains."""
