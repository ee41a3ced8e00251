"""From a finished repair to something a person reads."""
