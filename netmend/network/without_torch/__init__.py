"""The words of torch in which operators are written, said in NumPy: for installations without torch.

Only words that the evaluation of networks uses are here, with torch's meaning of them, types of results included. What
differs from torch is the order in which sums are taken, that nothing has a gradient, and speed.
"""
