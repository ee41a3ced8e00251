"""Fine-tuning of all layers with Adam until every point is right. A baseline.

Whatever layer is asked for, the weights and biases of all layers are trained on the points alone, by cross-entropy for
classes and by what is missed for other requirements, and training stops as soon as every point has its slack. Weights
that several layers share stay as they are, and so do statistics of normalisations.

What it shows: nothing by itself; like any change it is evaluated and certified. It changes every layer, has no reason
to stay near the network, and says nothing where it fails. It is here to compare with.

Source: the usual practice, as in the baselines of Sotoudeh and Thakur, PLDI 2021; Adam: Kingma and Ba, ICLR 2015.
"""

from __future__ import annotations

from netmend.network.layers import linear_layers
from netmend.repairs.weights.methods._adam import trained
from netmend.repairs.weights.methods._base import Answer, Method, Problem, Progress


def propose(problem: Problem, progress: Progress) -> Answer:
    """All layers, trained."""
    layers = [layer for layer in linear_layers(problem.network.graph) if not layer.shared_with]
    every = [name for layer in layers for name in (layer.weight, layer.bias) if name is not None]
    names = [name for name in dict.fromkeys(every) if name in problem.network.parameters]
    return trained(problem, progress, names, "all layers")


METHOD = Method(
    propose=propose,
    says="all layers, trained until every point is right; not small by any norm",
    norms=("l2", "covariance", "l1-linf"),
    any_layer=True,
)
