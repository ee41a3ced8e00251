"""What a run costs beside its training, under each executor."""
