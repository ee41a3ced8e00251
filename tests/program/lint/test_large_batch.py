import pytest

from netmend.program.lint.large_batch import rule


def test_smaller_batches_are_tried(element):
    (hit,) = rule.check([element("batch-size", 513)])
    assert (hit.measured, hit.threshold) == (513, 512)
    assert max(hit.blames[0].values) < hit.threshold


@pytest.mark.parametrize("size", [1, 512, None])
def test_usual_batches_are_left_alone(element, size):
    assert not list(rule.check([element("batch-size", size)]))
