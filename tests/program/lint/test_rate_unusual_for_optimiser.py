import pytest

from netmend.program.lint.rate_unusual_for_optimiser import USUAL, rule


def hits(element, optimiser, rate, owner=""):
    elements = [element("optimiser", optimiser, owner="compile"), element("learning-rate", rate, owner=owner)]
    return list(rule.check(elements))


@pytest.mark.parametrize("optimiser", USUAL)
def test_the_usual_rate_is_ten_times_from_being_unusual(element, optimiser):
    usual = USUAL[optimiser]
    for factor in (0.1, 1, 10):
        assert not hits(element, optimiser, usual * factor)
    for factor in (0.09, 11):
        (hit,) = hits(element, optimiser, usual * factor)
        assert hit.blames[0].values[0] == usual
        assert 0.3 < hit.severity < 0.35


@pytest.mark.parametrize(
    ("rate", "severity"), [(0.1, 0.6), (1.0, 0.9), (100.0, 0.9), (1e-5, 0.6), (0.0, 1.0), (-1, 1.0)]
)
def test_severity_grows_with_the_distance(element, rate, severity):
    (hit,) = hits(element, "adam", rate)
    assert hit.severity == pytest.approx(severity)
    assert hit.measured == rate


def test_the_second_value_lies_between(element):
    assert hits(element, "sgd", 10.0)[0].blames[0].values == (0.01, 0.1)
    assert hits(element, "sgd", 1e-6)[0].blames[0].values == (0.01, 0.001)


@pytest.mark.parametrize(("optimiser", "rate", "other"), [("adadelta", 0.001, "adam"), ("adam", 0.1, "sgd")])
def test_an_optimiser_that_the_rate_would_suit_is_a_weaker_suspect(element, optimiser, rate, other):
    first, second = hits(element, optimiser, rate)[0].blames
    assert (first.kind, second.kind, second.values[0]) == ("learning-rate", "optimiser", other)
    assert second.weight < first.weight


def test_a_rate_that_suits_none_blames_no_optimiser(element):
    assert len(hits(element, "sgd", 100.0)[0].blames) == 1


def test_unknown_rates_and_optimisers_are_left_alone(element):
    assert not hits(element, "adam", None)
    assert not hits(element, "custom", 100.0)
    assert not hits(element, None, 100.0)


def test_each_rate_is_compared_with_its_own_optimiser(element):
    elements = [
        element("optimiser", "adam"),
        element("optimiser", "adadelta"),
        element("learning-rate", 1.0, owner="Adam"),
        element("learning-rate", 1.0, owner="Adadelta"),
        element("learning-rate", 1.0, owner="compile"),
    ]
    assert [hit.element.owner for hit in rule.check(elements)] == ["Adam"]
