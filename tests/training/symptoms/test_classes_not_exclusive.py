"""Several labels a row: loss and softmax are blamed, and what is suggested for both fits together."""

from dataclasses import replace

from netmend.program.elements._find import find_all
from netmend.program.lint._examples import keras_program
from netmend.program.source import Program
from netmend.repairs.program.localise import localise
from netmend.repairs.program.proposers._sieve import alternatives, wrong_output
from netmend.repairs.program.space import Space
from netmend.training.symptoms import output_activation_does_not_fit_loss
from netmend.training.symptoms._examples import array, healthy, layer, one_hot
from netmend.training.symptoms.classes_not_exclusive import symptom

TAGS = replace(one_hot(10), one_hot=False, mean=0.3)
TRACE = healthy(loss="categorical_crossentropy", labels=TAGS)


def test_loss_and_softmax_are_blamed_and_the_pair_of_remedies_is_tried():
    program = Program.from_text(keras_program(loss='"categorical_crossentropy"'))
    space = Space(program, find_all(program))
    found = localise(space.elements, (), [[("it", reading) for reading in symptom.fires(TRACE)]], {})[1]
    pair = {each.element.id: each.ideas[0].value for each in found if each.findings}
    assert sorted(map(str, pair.values())) == ["binary_crossentropy", "sigmoid"]
    assert not wrong_output(space, pair) and not alternatives(space, {}, pair)


def test_what_is_suggested_is_what_the_symptom_of_output_and_loss_calls_fitting():
    layers = (TRACE.layers[0], layer("dense_1", "sigmoid", 10, 650, "output"))
    mended = replace(TRACE, loss="binary_crossentropy", layers=layers)
    assert not output_activation_does_not_fit_loss.symptom.fires(mended)
    assert output_activation_does_not_fit_loss.symptom.fires(replace(mended, layers=TRACE.layers))


def test_logits_need_no_other_activation():
    layers = (TRACE.layers[0], layer("dense_1", "linear", 10, 650, "output"))
    outputs = array(-9, 9, shape=(10,))
    (reading,) = symptom.fires(replace(TRACE, loss_from_logits=True, layers=layers, outputs=outputs))
    assert [blame.kind for blame in reading.blames] == ["loss"]
    assert reading.blames[0].values == ("binary_crossentropy(from_logits)",)
