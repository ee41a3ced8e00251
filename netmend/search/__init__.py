"""Black-box search over a box of named dimensions; it knows nothing of programs or networks."""
