"""Many points at a share of the epochs, the best of them at more; new points where good ones were dense.

*What it is.* BOHB: the brackets of Hyperband, and kernel densities instead of even draws.

*How it works.* The box is that of `random`. Where trainings are long enough for it to pay, points begin at a ninth or a
third of the epochs and the best third of each group goes on at three times as many, continuing from its own weights
where the framework can. One point in three is drawn evenly, the others where the best 15 % were dense and the rest were
not. `--as-published` takes space and protocol of the paper, in which BOHB had no lower shares.

*When it is wrong.* What is best after few epochs need not be best at the end: slow learning rates lose. Densities need
more points than dimensions, which small budgets hardly pay for; then it is Hyperband with even draws.

*References.* Falkner, Klein and Hutter, "BOHB", ICML 2018; Li et al., "Hyperband", JMLR 18, 2018; Kim et al., ICST 2023
(space and protocol).
"""

from netmend.repairs.program.proposers._sampled import sampled
from netmend.search import bohb

KIND = sampled(bohb.KIND, published=True)
