import pytest

from netmend.program.lint.too_much_dropout import rule


@pytest.mark.parametrize(("rate", "severity"), [(0.75, 0.7), (1.0, 1.0), (1, 1.0)])
def test_severity_rises_to_one(element, rate, severity):
    (hit,) = rule.check([element("dropout-rate", rate, owner="Dropout 2")])
    assert hit.severity == pytest.approx(severity)
    assert hit.message.startswith("Dropout 2 drops")
    assert hit.blames[0].values == (0.5, 0.25)


@pytest.mark.parametrize("rate", [0.0, 0.5, None])
def test_half_or_less_is_left_alone(element, rate):
    assert not list(rule.check([element("dropout-rate", rate)]))
