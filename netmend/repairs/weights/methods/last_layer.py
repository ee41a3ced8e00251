"""Fine-tuning of the last layer with Adam until every point is right. A baseline.

Whatever layer is asked for, the weight and bias of the last one are trained on the points alone, by cross-entropy for
classes and by what is missed for other requirements, and training stops as soon as every point has its slack.

What it shows: nothing by itself; like any change it is evaluated and certified. It has no reason to stay near the
network, says nothing where it fails, and is not the least change: for that, use the default method on the last layer,
whose program is exact there. It is here to compare with.

Source: the usual practice, as in the baselines of Sotoudeh and Thakur, PLDI 2021; Adam: Kingma and Ba, ICLR 2015.
"""

from __future__ import annotations

from netmend.core.errors import UsageError
from netmend.network.layers import linear_layers
from netmend.repairs.weights.methods._adam import trained
from netmend.repairs.weights.methods._base import Answer, Method, Problem, Progress


def propose(problem: Problem, progress: Progress) -> Answer:
    """The last layer, trained.

    Raises:
        UsageError: its weights cannot be changed.
    """
    last = linear_layers(problem.network.graph)[-1]
    names = [name for name in (last.weight, last.bias) if name is not None and name in problem.network.parameters]
    if last.weight not in names or last.shared_with:
        raise UsageError("the last layer's weights cannot be changed", where=last.name, hint="use another --method")
    return trained(problem, progress, names, last.name)


METHOD = Method(
    propose=propose,
    says="the last layer, trained until every point is right; not small by any norm",
    norms=("l2", "covariance", "l1-linf"),
    any_layer=True,
)
