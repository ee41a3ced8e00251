"""One file per static rule."""
