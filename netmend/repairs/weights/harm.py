"""What a repair costs elsewhere: held-out inputs that are no part of the specification, before and after.

Drawdown is accuracy lost, or the share of inputs whose outputs are as required, lost; regressions are inputs that were
right and are wrong now; churn is the share of inputs whose predicted class changed, right or wrong; drift is the root
mean squared change of the outputs. Drawdown alone can hide regressions behind inputs that became right by chance.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from netmend.network.backends._base import Network
from netmend.repairs.weights.outlet import logits
from netmend.repairs.weights.requirements._base import Array, Indices, Requirement
from netmend.repairs.weights.specification import Inputs, count, take


@dataclass(frozen=True, slots=True, eq=False)
class LabelledInputs:
    """Inputs with their true classes, or what is required of their outputs, where that is known.

    Attributes:
        requirement: of numbers: intervals or conditions.
        classified: the network answers with classes, so that without labels predictions can be compared.
    """

    inputs: Inputs
    labels: Array | None = None
    source: str = ""
    requirement: Requirement | None = None
    classified: bool = True

    def __len__(self) -> int:
        return count(self.inputs)

    def select(self, points: Indices) -> LabelledInputs:
        """Some of them."""
        return replace(
            self,
            inputs=take(self.inputs, points),
            labels=None if self.labels is None else self.labels[points],
            requirement=None if self.requirement is None else self.requirement.select(points),
        )


@dataclass(frozen=True, slots=True)
class Harm:
    """Side effects on some inputs; shares and accuracies are fractions of 1.

    Attributes:
        points: how many inputs. churn: share with another predicted class; None for a network without classes.
        drift: root mean squared change of an output. scale: root mean squared output before.
        accuracy: before and after; None without labels. regressions: right before, wrong after; None without labels.
        numbers: right is an input whose outputs are as required, and not one whose class is.
    """

    points: int
    drift: float
    scale: float
    churn: float | None = None
    accuracy: tuple[float, float] | None = None
    regressions: int | None = None
    numbers: bool = False

    @property
    def drawdown(self) -> float | None:
        """Accuracy lost, negative where some was gained; None without labels."""
        return None if self.accuracy is None else self.accuracy[0] - self.accuracy[1]

    @property
    def lost(self) -> float:
        """What a harm budget limits: drawdown where labels are known, else churn, else the share of drift."""
        if self.drawdown is not None:
            return self.drawdown
        return self.churn if self.churn is not None else self.drift / self.scale if self.scale else self.drift

    def loss(self) -> str:
        """What is lost, for a person: of what it is a share depends on what is known."""
        if self.drawdown is not None:
            return f"{self.lost:.2%} {'fewer inputs are as required' if self.numbers else 'of accuracy is lost'}"
        if self.churn is not None:
            return f"{self.lost:.2%} of predictions change"
        return (
            f"the outputs move by {self.lost:.2%} of their size"
            if self.scale
            else f"the outputs move by {self.drift:g}"
        )

    def sentence(self) -> str:
        """The numbers that matter, for a person."""
        said = []
        if self.accuracy is not None:
            before, after = self.accuracy
            what = "as required" if self.numbers else "accuracy"
            said.append(f"{what} {before:.2%} -> {after:.2%}, {self.regressions} of {self.points} newly wrong")
        if self.churn is not None:
            said.append(f"{self.churn:.2%} of predictions changed")
        said.append(f"outputs moved by {self.drift:.3g} (their size is {self.scale:.3g})")
        return ", ".join(said)


def side_effects(
    network: Network, changed: Mapping[str, Array], given: LabelledInputs, before: Array | None = None
) -> Harm:
    """Compare a network with its changed self in its own runtime.

    Args:
        before: outputs of the unchanged network on the same inputs, if they are known already.
    """
    old = outputs(network, given.inputs) if before is None else before
    new = outputs(network, given.inputs, changed) if changed else old
    drift = float(np.sqrt(np.mean((new - old) ** 2)))
    scale = float(np.sqrt(np.mean(old**2)))
    if given.requirement is not None:
        met, still_met = (given.requirement.slack(values) >= 0 for values in (old, new))
        shares, newly = (float(met.mean()), float(still_met.mean())), int(np.count_nonzero(met & ~still_met))
        return Harm(len(given), drift, scale, accuracy=shares, regressions=newly, numbers=True)
    if given.labels is None and (old.shape[1] == 1 or not given.classified):
        return Harm(len(given), drift, scale)
    was, now = classes(logits(network.graph, old)), classes(logits(network.graph, new))
    churn = float(np.mean(was != now))
    if given.labels is None:
        return Harm(len(given), drift, scale, churn)
    right, still = was == given.labels, now == given.labels
    accuracy = float(right.mean()), float(still.mean())
    return Harm(len(given), drift, scale, churn, accuracy, int(np.count_nonzero(right & ~still)))


def outputs(network: Network, inputs: Inputs, changed: Mapping[str, Array] | None = None) -> Array:
    """The outputs of the network's own runtime, (N, C), in float64."""
    found = network.run(inputs, changed)
    return found.reshape(len(found), -1).astype(np.float64)


def classes(values: Array) -> Array:
    """The predicted class of each row of logits (`netmend.repairs.weights.outlet`); the sign of a single one."""
    predicted: Array = values[:, 0] > 0 if values.shape[1] == 1 else values.argmax(axis=1)
    return predicted.astype(np.int64)


def halves(given: LabelledInputs, seed: int) -> tuple[LabelledInputs, LabelledInputs]:
    """Disjoint halves: one for choosing, one for the report."""
    order = np.random.default_rng(seed).permutation(len(given))
    middle = len(given) // 2
    return given.select(np.sort(order[:middle])), given.select(np.sort(order[middle:]))
