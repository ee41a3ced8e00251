"""Repairs of mutants: programs that were correct, and one deviation put into each."""
