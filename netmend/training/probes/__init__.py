"""Self-contained files that run inside the subject's interpreter."""
