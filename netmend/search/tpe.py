"""TPE: two densities, one of good points and one of the rest; the next point is likely under the first only.

Multivariate, so that values which are good together are found together; points under way count as bad ones until they
are told, so that several asked at once do not lie together. Ten even draws come first (Optuna's default).

References:
    Bergstra et al., "Algorithms for Hyper-Parameter Optimization", NeurIPS 2011, section 4; Falkner et al., "BOHB",
    ICML 2018 (multivariate); Watanabe, "Tree-Structured Parzen Estimator", arXiv:2304.11127, 2023; Akiba et al.,
    "Optuna", KDD 2019.
"""

from __future__ import annotations

from netmend.search._base import Problem, Sampler, SamplerKind
from netmend.search._optuna import OptunaSampler


def _make(problem: Problem) -> Sampler:
    import optuna

    sampler = optuna.samplers.TPESampler(multivariate=True, constant_liar=True, seed=problem.seed)
    return OptunaSampler(problem, sampler, problem.dimensions)


KIND = SamplerKind(_make, "Optuna's TPESampler, multivariate, with constant liar", requires=("optuna",))
