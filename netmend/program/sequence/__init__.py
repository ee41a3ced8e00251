"""A training program as one sequence of typed tokens: what a model of programs is trained on and asked about."""
