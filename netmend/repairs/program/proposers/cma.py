"""A cloud of points that starts at the program as it is and moves to where they get better.

*What it is.* The covariance matrix adaptation evolution strategy of Optuna, over a box of values that can work.

*How it works.* The box is that of `random`. Numbers (learning rate, epochs, batch size, widths, dropout rates) are
drawn around the program's own; each generation moves the cloud to its better half and stretches it along what paid.
Choices (losses, activations and the like) are drawn by TPE, each for itself.

*When it is wrong.* A generation takes more trials than small budgets pay for, and where the fault is a choice the
cloud has nothing to move along.

*References.* Hansen, "The CMA Evolution Strategy: A Tutorial", arXiv:1604.00772, 2016; Akiba et al., "Optuna", KDD
2019.
"""

from netmend.repairs.program.proposers._sampled import sampled
from netmend.search import cma

KIND = sampled(cma.KIND)
