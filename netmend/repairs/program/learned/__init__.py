"""What runs of faulty programs have taught: where the fault is likely to be in a run that looks like theirs."""
