"""Contexts, networks made so that the answer is known, and a slow twin of fully connected networks."""

import numpy as np
import pytest


@pytest.fixture
def chain(write_onnx):
    """A network of fully connected layers with ReLUs between, from pairs of (out, in) weights and biases."""

    def make(*layers):
        nodes, constants, at = [], {}, "x"
        for index, (weight, bias) in enumerate(layers):
            constants |= {f"fc{index}.weight": weight, f"fc{index}.bias": bias}
            nodes.append(("Gemm", [at, f"fc{index}.weight", f"fc{index}.bias"], [f"z{index}"], {"transB": 1}))
            at = f"z{index}"
            if index < len(layers) - 1:
                nodes.append(("Relu", [at], [f"a{index}"]))
                at = f"a{index}"
        shapes = {"x": [None, np.shape(layers[0][0])[1]]}, {at: [None, np.shape(layers[-1][0])[0]]}
        return write_onnx(nodes, *shapes, constants)

    return make


@pytest.fixture
def context_of():
    """What a heuristic may look at, as the repairer gives it."""
    from netmend.repairs.weights.layer_choice._base import Context
    from netmend.repairs.weights.layer_repair import Workshop
    from netmend.repairs.weights.subject import NetworkUnderRepair

    def make(network, specification, ordinary=None, loss=None, **more):
        subject = NetworkUnderRepair(network.path, network, specification)
        workshop = Workshop(subject, "l2", "linearise-solve-verify", lambda said: None, loss)
        ordinary = specification.inputs if ordinary is None else ordinary
        parts = network, specification, workshop.layers, workshop.output, ordinary, workshop.problem, workshop.probe
        return Context(*parts, repaired=workshop.repaired, loss=loss, **more)

    return make


@pytest.fixture
def order():
    """Indices of the layers, best first."""
    from netmend.repairs.weights.layer_choice._base import ranked

    return lambda context, name: [layer.index for layer in ranked(context, name).layers]


class Twin:
    """The four arrays of a network of two layers in float64, evaluated with NumPy."""

    def __init__(self, network):
        names = ("fc0.weight", "fc0.bias", "fc1.weight", "fc1.bias")
        self.arrays = [network.graph.constants[name].astype(np.float64) for name in names]

    def features(self, inputs):
        w0, b0, w1, b1 = self.arrays
        hidden = np.maximum(inputs.astype(np.float64) @ w0.T + b0, 0)
        return hidden, hidden @ w1.T + b1

    def losses(self, inputs, labels):
        values = self.features(inputs)[1]
        return np.log(np.exp(values).sum(axis=1)) - values[np.arange(len(values)), labels]

    def gradients(self, inputs, labels, step=1e-6):
        """Finite differences of the loss of each point by each weight: (N, out, in) for both layers."""
        found = []
        for weight in (self.arrays[0], self.arrays[2]):
            slopes = np.empty((len(inputs), *weight.shape))
            for place in np.ndindex(weight.shape):
                kept, pair = weight[place], []
                for moved in (kept + step, kept - step):
                    weight[place] = moved
                    pair.append(self.losses(inputs, labels))
                weight[place] = kept
                slopes[(slice(None), *place)] = (pair[0] - pair[1]) / (2 * step)
            found.append(slopes)
        return found


@pytest.fixture
def twin(mlp):
    return Twin(mlp)
