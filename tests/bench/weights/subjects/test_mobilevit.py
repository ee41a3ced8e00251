from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def test_the_default_is_as_large_as_the_published_one():
    from bench.weights.subjects.mobilevit import mobilevit

    # The number of weights of apple/mobilevit-xx-small, 1.3 million in the paper's table 2.
    assert sum(each.numel() for each in mobilevit().parameters()) == 1_272_024


def test_it_answers_as_the_transformers_library_does_with_its_weights():
    from bench.weights.subjects.mobilevit import SMALL, mobilevit

    library = pytest.importorskip("transformers")
    torch.manual_seed(0)
    shape = replace(SMALL, strides=(2, 1, 2, 2, 2, 2))
    config = library.MobileViTConfig(
        num_channels=1, num_labels=10, hidden_sizes=shape.widths, neck_hidden_sizes=shape.channels, expand_ratio=2.0
    )
    theirs, ours = library.MobileViTForImageClassification(config).eval(), mobilevit(replace(shape, depths=(2, 4, 3)))
    for each in theirs.modules():
        if isinstance(each, torch.nn.BatchNorm2d):
            each.weight.data.uniform_(0.5, 1.5)
            each.running_mean.uniform_(-0.1, 0.1)
    ours.eval().load_state_dict(theirs.state_dict())
    x = torch.randn(2, 1, 64, 64)
    with torch.no_grad():
        wanted = theirs(x).logits
        assert torch.allclose(ours(x), wanted, atol=1e-5 * float(wanted.abs().max()))


def test_the_trained_one_is_read_from_its_file():
    from bench.weights.subjects._base import TRAINED
    from bench.weights.subjects.mnist import MOBILEVIT, mobilevit
    from netmend.network.layers import linear_layers
    from netmend.network.load import load

    pytest.importorskip("onnxscript")
    x = np.random.default_rng(0).uniform(0, 1, (2, 1, 32, 32)).astype(np.float32)
    network = load(TRAINED / MOBILEVIT, mobilevit, x)
    network.check(x)
    assert {layer.kind for layer in linear_layers(network.graph)} == {"conv", "attention", "linear"}
