import pytest

from netmend.program.lint.heavy_regulariser import HEAVY_L1, HEAVY_L2, rule


@pytest.mark.parametrize(
    ("value", "severity"),
    [("l2(0.05)", 0.6), ("l1(0.005)", 0.6), ("l1_l2(1e-6, 0.05)", 0.6), ("l1_l2(5e-2, 1e-6)", 0.9), ("l2(1e3)", 0.9)],
)
def test_severity_grows_with_the_stronger_part(element, value, severity):
    (hit,) = rule.check([element("regulariser", value, layer=2, role="hidden")])
    assert hit.severity == pytest.approx(severity)
    assert hit.blames[0].values[0] == "none"
    assert hit.measured > hit.threshold


@pytest.mark.parametrize("value", ["none", None, f"l2({HEAVY_L2})", f"l1({HEAVY_L1})", "l1_l2(0.0001, 0.001)", "l2"])
def test_usual_strengths_are_left_alone(element, value):
    assert not list(rule.check([element("regulariser", value)]))


def test_decoupled_weight_decay_is_left_alone(element):
    assert not list(rule.check([element("regulariser", "l2(0.1)", owner="AdamW")]))
