import pytest

from bench.weights.catalogue import SUBJECTS

pytestmark = [pytest.mark.torch, pytest.mark.slow]


def test_stored_as_jpeg_a_network_gets_the_points_wrong_and_the_exact_images_right():
    subject = SUBJECTS["resnet20"]
    if subject.missing:
        pytest.skip("the folder of real networks and data is not here")
    case = subject.make("jpeg", 50, 0)
    given, network = case.subject.specification, case.subject.network
    assert (network.run(given.inputs).argmax(axis=1) != given.requirement.labels).all()
    assert case.reporting.right(network.run(case.reporting.inputs)).mean() > 0.99
    # 0.8135 on both halves together, by the data's description.
    assert case.unseen.right(network.run(case.unseen.inputs)).mean() == pytest.approx(0.81, abs=0.04)
