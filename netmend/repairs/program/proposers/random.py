"""Even draws from a box of values that can work, around the program as it is: what every cleverer search must beat.

*What it is.* Random search. It learns nothing from what it tries, and asks for nothing that a program could not have.

*How it works.* Every element that may be at fault is a dimension: learning rates on a log scale, epochs, batch sizes
and widths by powers of two, losses that fit the labels, activations that fit their place. A point is a value for each,
drawn evenly. `--as-published` draws from the space of the paper instead: learning rates evenly from 1e-6 to 10, losses
that need not fit, one run for each point, and an end at an accuracy of 0.99.

*When it is wrong.* The fault is one of many elements and a draw changes nearly all of them, so most draws break more
than they mend; what they mend is made smaller only afterwards.

*References.* Kim et al., ICST 2023 (space and protocol); Bergstra and Bengio, "Random Search for Hyper-Parameter
Optimization", JMLR 13, 2012.
"""

from netmend.repairs.program.proposers._sampled import sampled
from netmend.search import random

KIND = sampled(random.KIND, published=True)
