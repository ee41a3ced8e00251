"""One file per heuristic for which layer a weight repair should edit."""
