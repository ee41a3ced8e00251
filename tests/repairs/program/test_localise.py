"""From findings to suspects, on elements and findings made by hand."""

from dataclasses import replace

import pytest

from netmend.program.blame import Blame
from netmend.program.elements._base import Element
from netmend.program.elements._find import find_all
from netmend.program.lint._base import Hit
from netmend.program.places import Place
from netmend.repairs.program.learned.experience import Experience, Weights
from netmend.repairs.program.localise import NAMED_SHARE, localise
from netmend.training.symptoms import weights_barely_move
from netmend.training.symptoms._base import Reading


def element(kind, line, value="x", role="", layer=None):
    return Element(kind, Place("train.py", line, 1), 0, 1, "x", value, False, "keras", kind, layer, role)


HIDDEN = element("activation", 1, "sigmoid", "hidden", 0)
OUTPUT = element("activation", 2, "softmax", "output", 1)
LOSS = element("loss", 3, "hinge")
RATE = element("learning-rate", 4, 0.1)
ELEMENTS = (HIDDEN, OUTPUT, LOSS, RATE)


def reading(value=1.0, severity=1.0, where="loss", blames=()):
    return Reading(value, where, f"measured {value}", tuple(blames), severity)


def scores(hits=(), readings=()):
    _, suspicions = localise(ELEMENTS, hits, readings, {})
    return {suspicion.element: suspicion for suspicion in suspicions}


def test_every_element_is_a_suspect_even_without_any_finding():
    found = scores()
    assert set(found) == set(ELEMENTS)
    assert all(0 < suspicion.score < 0.2 for suspicion in found.values())


def test_a_hit_accuses_its_own_element_and_what_it_blames():
    hit = Hit(LOSS, "hinge on classes", 0.9, blames=(Blame("activation", 0.5, role="output", values=("linear",)),))
    found = scores([("rule", hit)])
    assert found[LOSS].score > found[HIDDEN].score
    assert found[OUTPUT].findings == ("rule",) == found[LOSS].findings
    assert [idea.value for idea in found[OUTPUT].ideas] == ["linear"]


def test_a_blame_that_fits_the_hit_points_to_it_alone():
    hit = Hit(OUTPUT, "softmax", 1.0, blames=(Blame("activation", 0.9, values=("sigmoid",)),))
    found = scores([("rule", hit)])
    assert found[OUTPUT].findings and not found[HIDDEN].findings


def test_what_a_run_tells_accuses_nothing_of_outputs_that_were_not_measured():
    first, second = replace(LOSS, output=0), replace(LOSS, place=Place("train.py", 5, 1), output=1)
    hit = Hit(second, "hinge", 1.0, blames=(Blame("loss", 0.9),))
    by_run = localise((first, second), (), [[("symptom", reading(blames=[Blame("loss", 0.9)]))]], {})[1]
    by_rule = localise((first, second), [("rule", hit)], (), {})[1]
    assert [item.element for item in by_run if item.findings] == [first]
    assert [item.element for item in by_rule if item.findings] == [second]


def test_what_already_is_as_a_finding_would_have_it_is_not_blamed():
    said = [[("symptom", reading(blames=[Blame("loss", 0.9, values=("hinge",))]))]]
    assert not scores(readings=said)[LOSS].findings
    said = [[("symptom", reading(blames=[Blame("loss", 0.9, values=("hinge", "huber"))]))]]
    assert [idea.value for idea in scores(readings=said)[LOSS].ideas] == ["hinge", "huber"]


def test_clipping_is_blamed_for_weights_that_barely_move_where_there_is_some():
    name, clipped = "gradient-clipping", element("gradient-clipping", 1, "global_norm(0.001)")
    found = [(name, each) for each in weights_barely_move.symptom.fires(weights_barely_move.symptom.fires_on[1])]
    accused = {e.value: bool(localise((e,), (), [found], {})[1][0].findings) for e in (clipped, unclipped(clipped))}
    assert accused == {"global_norm(0.001)": True, "none": False}


def unclipped(clipped):
    return replace(clipped, value="none", absent=True)


def test_roles_and_layers_narrow_a_blame():
    blames = [Blame("activation", 0.9, layer=0)]
    found = scores(readings=[[("symptom", reading(blames=blames))]])
    assert found[HIDDEN].findings and not found[OUTPUT].findings


def test_independent_evidence_adds_up_as_a_noisy_or():
    one = scores(readings=[[("a", reading(blames=[Blame("loss", 0.5)]))]])[LOSS].score
    both = scores(
        readings=[[("a", reading(blames=[Blame("loss", 0.5)])), ("b", reading(where="x", blames=[Blame("loss", 0.5)]))]]
    )[LOSS].score
    prior = scores()[LOSS].score
    assert one == pytest.approx(1 - (1 - prior) * 0.5)
    assert both == pytest.approx(1 - (1 - prior) * 0.25)


def test_one_odd_seed_is_no_diagnosis():
    odd = [("a", reading(blames=[Blame("loss", 0.9)]))]
    diagnosis, _ = localise(ELEMENTS, (), [odd, [], []], {})
    assert not diagnosis.findings
    diagnosis, _ = localise(ELEMENTS, (), [odd, odd, []], {})
    assert len(diagnosis.findings) == 1
    assert "2 of 3 runs" in diagnosis.findings[0].message


def test_a_finding_reports_the_median_run():
    runs = [[("a", reading(value))] for value in (1.0, 9.0, 3.0)]
    diagnosis, _ = localise(ELEMENTS, (), runs, {"a": 0.5})
    assert (diagnosis.findings[0].measured, diagnosis.findings[0].threshold) == (3.0, 0.5)


def test_a_symptom_that_shows_twice_in_one_run_counts_once():
    run = [("a", reading(1.0)), ("a", reading(2.0))]
    diagnosis, _ = localise(ELEMENTS, (), [run, [], [], []], {})
    assert not diagnosis.findings


def test_later_values_of_a_rule_are_weaker_ideas():
    hit = Hit(LOSS, "no", 1.0, blames=(Blame("loss", 0.9, values=("a", "b", "c")),))
    weights = [idea.weight for idea in scores([("rule", hit)])[LOSS].ideas]
    assert weights == sorted(weights, reverse=True) and len(set(weights)) == 3


def test_one_symptom_of_several_layers_is_one_finding_with_all_their_places():
    still = [
        ("still", reading(0.1 * number, 0.9, where, [Blame("activation", 0.5 + number / 10, layer=number)]))
        for number, where in enumerate(("dense", "dense_1"))
    ]
    weak = ("weak", reading(where="inputs", severity=0.5))
    diagnosis, suspicions = localise(ELEMENTS, (), [[*still, weak]] * 2, {})
    first, second = diagnosis.findings
    assert (first.name, second.name) == ("still", "weak")
    assert first.message == "measured 0.0 (in 2 of 2 runs) The same holds for dense_1."
    assert first.places == (str(OUTPUT.place), str(HIDDEN.place)), "the likelier first"
    assert {item.element for item in suspicions if item.findings} == {HIDDEN, OUTPUT}
    many = [[("still", reading(0.0, 0.9, f"dense_{number}")) for number in range(6)]]
    assert localise(ELEMENTS, (), many, {})[0].findings[0].message.endswith("dense_1, dense_2, dense_3 and 2 more.")


def test_findings_come_most_serious_first_and_name_their_places():
    hits = [("mild", Hit(RATE, "m", 0.2)), ("grave", Hit(LOSS, "g", 0.9))]
    diagnosis, _ = localise(ELEMENTS, hits, (), {})
    assert [finding.name for finding in diagnosis.findings] == ["grave", "mild"]
    assert diagnosis.findings[0].places == ("train.py:3:1",)
    assert diagnosis.suspects[0].place == "train.py:3:1"


def test_the_likeliest_place_of_a_symptom_comes_first():
    blames = (Blame("learning-rate", 0.3), Blame("loss", 0.8))
    reading = Reading(1.0, "loss", "m", blames)
    diagnosis, _ = localise(ELEMENTS, (), [[("symptom", reading)]], {})
    assert diagnosis.findings[0].places == (str(LOSS.place), str(RATE.place))
    weaker = Reading(1.0, "loss", "m", (Blame("learning-rate", 0.8), Blame("loss", 0.3)))
    diagnosis, _ = localise(ELEMENTS, (), [[("symptom", weaker)]], {})
    assert diagnosis.findings[0].places == (str(RATE.place), str(LOSS.place))


def test_several_readings_of_one_symptom_are_one_piece_of_evidence():
    blames = [Blame("loss", 0.5)]
    once = scores(readings=[[("a", reading(where="1", blames=blames))]])[LOSS].score
    thrice = scores(readings=[[("a", reading(where=str(place), blames=blames)) for place in range(3)]])[LOSS].score
    assert thrice == pytest.approx(once)


# --- with a model -----------------------------------------------------------------------------------------------------

RATE_AND_LOSS = [[("symptom", reading(blames=[Blame("learning-rate", 0.6), Blame("loss", 0.5)]))]]


def says(**chances):
    return Experience({name.replace("_", "-"): chance for name, chance in chances.items()}, Weights(0.5, 0.9, 0.8), 7)


def test_a_model_changes_the_order_and_no_finding():
    alone, _ = localise(ELEMENTS, (), RATE_AND_LOSS, {})
    joined, suspicions = localise(ELEMENTS, (), RATE_AND_LOSS, {}, says(loss=0.8, learning_rate=0.1))
    assert [one.label.split()[0] for one in alone.suspects[:2]] == ["learning-rate", "loss"]
    assert [one.label.split()[0] for one in joined.suspects[:2]] == ["loss", "learning-rate"]
    assert joined.findings == alone.findings
    assert {one.place: one.findings for one in joined.suspects} == {one.place: one.findings for one in alone.suspects}
    assert joined.suspects[0].experience == "80% by likeness to 7 faulty runs" and suspicions[0].chance == 0.8


def test_a_model_that_says_nothing_of_the_elements_leaves_the_ranking():
    alone, _ = localise(ELEMENTS, (), RATE_AND_LOSS, {})
    joined, _ = localise(ELEMENTS, (), RATE_AND_LOSS, {}, says(training_data=1.0))
    order = [(one.place, one.score, one.experience) for one in alone.suspects]
    assert [(one.place, one.score, one.experience) for one in joined.suspects] == order


def test_what_the_model_alone_suspects_is_ranked_and_not_named():
    diagnosis, _ = localise(ELEMENTS, (), [[]], {}, says(loss=0.9, learning_rate=0.1))
    assert diagnosis.suspects[0].place == str(LOSS.place) and not diagnosis.findings
    assert not any(one.named for one in diagnosis.suspects)
    assert diagnosis.suspects[0].score < 0.2, "a program without findings is no more suspect for it"


def test_suspects_with_findings_near_the_first_are_named():
    alone, found = localise(ELEMENTS, (), RATE_AND_LOSS, {})
    scores = [item.score for item in found if item.findings]
    assert min(scores) >= NAMED_SHARE * max(scores)
    assert [one.place for one in alone.suspects if one.named] == [str(RATE.place), str(LOSS.place)]
    joined, _ = localise(ELEMENTS, (), RATE_AND_LOSS, {}, says(loss=0.8, learning_rate=0.1))
    assert [one.place for one in joined.suspects if one.named] == [str(LOSS.place)]


def test_a_model_of_programs_changes_the_order_and_accuses_nothing():
    from netmend.program.sequence.read import sequence_of
    from netmend.program.source import Program
    from netmend.repairs.program.infill import counts
    from netmend.repairs.program.infill._prior import Prior

    program = Program.from_text(
        "import keras\nfrom keras import layers\n"
        'model = keras.Sequential([layers.Dense(64, activation="tanh"), layers.Dense(10, activation="softmax")])\n'
        'model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")\nmodel.fit(x, y, epochs=10)\n'
    )
    elements = find_all(program)
    without, _ = localise(elements, (), (), {})
    prior = Prior(counts.read(), sequence_of(program), elements)
    joined, _ = localise(elements, (), (), {}, prior=prior)
    assert joined.suspects[0].label == "activation of Dense 1: tanh" != without.suspects[0].label
    assert "expects relu here" in joined.suspects[0].experience
    assert joined.suspects[0].score == without.suspects[0].score
    assert not joined.findings and not any(suspect.named for suspect in joined.suspects)
