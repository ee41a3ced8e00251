"""A learned localiser in the manner of DeepFD: traces of mutants, a small model, and whether it helps the ranking."""
