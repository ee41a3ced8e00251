"""Draws where the good points were dense and the others were not.

*What it is.* The tree-structured Parzen estimator of Optuna, over a box of values that can work.

*How it works.* The box is that of `random`. After ten even draws the points so far are parted into the best and the
rest; each part becomes a density, and of several points drawn from the first the one that is least likely under the
second is tried. Points that fail count as worst, points under way as bad until they are told.

*When it is wrong.* The ten even draws are already more than small budgets pay for; then it is `random`.

*References.* Bergstra et al., "Algorithms for Hyper-Parameter Optimization", NeurIPS 2011; Watanabe,
arXiv:2304.11127, 2023; Akiba et al., "Optuna", KDD 2019.
"""

from netmend.repairs.program.proposers._sampled import sampled
from netmend.search import tpe

KIND = sampled(tpe.KIND)
