"""Values and the loop. Imports the standard library, NumPy and SciPy only."""
