"""The operators that can be evaluated, one file for each family."""
