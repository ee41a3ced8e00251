"""A corpus of training programs, taken from folders of cloned public repositories; nothing of them is ever executed."""
