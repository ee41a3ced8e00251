"""One file per mutation operator; the file name is the operator's name."""
