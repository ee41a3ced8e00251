"""Even draws at a share of the epochs, the best of them at more.

*What it is.* Hyperband: successive halving, in brackets that differ in how small a share of the epochs they begin with.

*How it works.* The box is that of `random`. Where trainings are long enough for it to pay, points begin at a ninth or a
third of the epochs and the best third of each group goes on at three times as many, continuing from its own weights
where the framework can. Where they are not, it is `random`.

*When it is wrong.* What is best after few epochs need not be best at the end: slow learning rates lose.

*References.* Li et al., "Hyperband", JMLR 18, 2018; Jamieson and Talwalkar, AISTATS 2016.
"""

from netmend.repairs.program.proposers._sampled import sampled
from netmend.search import hyperband

KIND = sampled(hyperband.KIND)
