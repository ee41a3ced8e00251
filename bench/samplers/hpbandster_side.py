"""hpbandster 0.7.4 behind our ask and tell: its generator of points and its brackets, without its workers."""

from __future__ import annotations

import types
import warnings
from typing import Any

import numpy as np

from netmend.search._base import Ask, Dimension, Problem


class Hpbandster:
    """BOHB with the package's defaults. It draws from the global random state, which is seeded."""

    def __init__(self, problem: Problem) -> None:
        import ConfigSpace
        from hpbandster.optimizers.config_generators.bohb import BOHB

        warnings.filterwarnings("ignore", category=DeprecationWarning)
        np.random.seed(problem.seed)
        space = ConfigSpace.ConfigurationSpace(seed=problem.seed)
        space.add([_parameter(ConfigSpace, dimension) for dimension in problem.dimensions])
        self._dimensions = problem.dimensions
        self._generator = BOHB(space)
        # What the package's own optimiser holds where it makes its brackets.
        self._optimiser = types.SimpleNamespace(
            max_SH_iter=len(problem.fidelities),
            eta=3,
            budgets=np.array(problem.fidelities),
            config_generator=self._generator,
        )
        self._brackets: list[Any] = []
        self._jobs: dict[int, tuple[Any, Any]] = {}
        self.from_model = 0

    def ask(self) -> Ask:
        """The next run of the newest bracket; a bracket is finished before the next begins."""
        from hpbandster.core.dispatcher import Job
        from hpbandster.optimizers.bohb import BOHB

        run = self._brackets[-1].get_next_run() if self._brackets else None
        if run is None:
            self._brackets.append(BOHB.get_next_iteration(self._optimiser, len(self._brackets)))
            run = self._brackets[-1].get_next_run()
        key, config, budget = run
        job = Job(key, config=config, budget=budget)
        number = len(self._jobs)
        self._jobs[number] = (self._brackets[-1], job)
        self.from_model += bool(self._brackets[-1].data[key].config_info.get("model_based_pick"))
        point = {
            d.name: d.choices[config[d.name]] if d.choices else _plain(config[d.name], d) for d in self._dimensions
        }
        return Ask(number, point, float(budget))

    def tell(self, ask: Ask, loss: float | None) -> None:
        """The loss of a point; the package takes None for a crash."""
        bracket, job = self._jobs[ask.number]
        job.result = None if loss is None else {"loss": loss}
        bracket.register_result(job)
        self._generator.new_result(job)


def _parameter(package: Any, dimension: Dimension) -> Any:
    if dimension.choices:
        return package.CategoricalHyperparameter(dimension.name, list(range(len(dimension.choices))))
    kind = package.UniformIntegerHyperparameter if dimension.whole else package.UniformFloatHyperparameter
    cast = int if dimension.whole else float
    return kind(dimension.name, cast(dimension.low), cast(dimension.high), log=dimension.log)


def _plain(value: Any, dimension: Dimension) -> int | float:
    return int(value) if dimension.whole else float(value)
