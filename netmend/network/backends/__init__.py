"""The formats a trained network may come in, one file each."""
