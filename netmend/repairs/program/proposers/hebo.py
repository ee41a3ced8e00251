"""Bayesian optimisation with a Gaussian process that expects noise, skewed losses and uneven inputs.

*What it is.* HEBO: a model of how the score depends on every dimension, and several opinions on what to try next.

*How it works.* The box is that of `random`. As many quasi-random points as dimensions come first. Then a Gaussian
process is fitted to warped inputs and power-transformed losses, and the next points are drawn from the front of three
acquisition functions: expected improvement, probability of improvement and a lower confidence bound. The time that
takes counts against budgets in trainings or minutes. `--as-published` takes space and protocol of the paper.

*When it is wrong.* With dozens of dimensions the quasi-random points are more than small budgets pay for; then it is
`random`. Fitting takes seconds, which is more than a small program trains.

*References.* Cowen-Rivers et al., "HEBO: Pushing the Limits of Sample-Efficient Hyperparameter Optimisation", JAIR 74,
2022; Kim et al., ICST 2023 (space and protocol).
"""

from netmend.repairs.program.proposers._sampled import sampled
from netmend.search import hebo

KIND = sampled(hebo.KIND, published=True)
