import math
from dataclasses import replace

import pytest

from netmend.repairs.program.learned.features import features
from netmend.testing.odd_traces import gaps, spoiled
from netmend.training.symptoms._base import Reading
from netmend.training.symptoms._examples import curves, healthy, healthy_torch, unlearned


def test_every_feature_of_every_trace_is_finite():
    for trace in (*gaps(), *spoiled(count=200)):
        assert all(map(math.isfinite, features(trace, ()).values())), trace


def test_of_several_readings_of_a_symptom_the_most_severe_counts():
    readings = [("dying-relu", Reading(0.9, str(layer), "", (), severity)) for layer, severity in enumerate((0.4, 0.7))]
    assert features(healthy(), readings)["finding dying-relu"] == 0.7


def test_curves_are_summarised_whatever_the_scale_of_the_loss():
    falling = (4.0, 2.0, 3.0, 1.0)
    small = features(replace(healthy(), epochs=curves(loss=falling)), ())
    large = features(replace(healthy(), epochs=curves(loss=tuple(1000 * value for value in falling))), ())
    assert small["loss rising share"] == pytest.approx(1 / 3)
    assert small["loss last to first"] == pytest.approx(math.log10(1 / 4))
    assert small["loss roughness"] == pytest.approx((2 + 1 + 2) / 3 / 4)
    same = [name for name in small if name.startswith("loss ") and name not in ("loss log last", "loss of classes")]
    assert len(same) > 5
    assert {name: small[name] for name in same} == pytest.approx({name: large[name] for name in same})


def test_a_curve_that_breaks_off_says_so():
    trace = replace(healthy(), epochs=curves(loss=(1.0, 0.5, math.nan, math.nan)))
    assert features(trace, ())["loss not finite"] == 1
    assert features(healthy(), ())["loss not finite"] == 0


def test_healthy_and_unlearned_runs_differ_in_more_than_their_curves():
    one, other = features(healthy(), ()), features(unlearned(), ())
    assert {name for name in one if one[name] != other.get(name)} - {name for name in one if "loss" in name}


def test_activations_are_counted_by_family_and_role():
    found = features(healthy(), ())
    assert found["rectifying hidden"] == 1 and found["softmax output"] == 1 and found["squashing hidden"] == 0
    assert features(healthy_torch(), ())["logits"] == 1
