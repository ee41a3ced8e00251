"""Models with several outputs: what belongs to which, and what the static rules and operators make of it."""

import pytest

from netmend.program.elements._find import find_all
from netmend.program.lint._run import run as lint
from netmend.program.source import Program
from netmend.repairs.program.operators._suggest import suggestions
from netmend.repairs.program.proposers._sieve import wrong_output
from netmend.repairs.program.space import Space
from netmend.training.symptoms._examples import healthy

BODY = """
from keras.layers import Activation, Dense, Dropout, Input
from keras.models import Model
inp = Input((64,))
h = Dense(32, activation="relu")(inp)
{heads}
model = Model(inputs=inp, outputs=[kind, parity])
model.compile("adam", loss={loss})
model.fit(x, [y, z], epochs=5)
"""
HEADS = """
kind = Dense(10, activation="{}", name="kind")(h)
parity = Dense(1, activation="{}", name="parity")(h)
"""
BY_NAME = '{"kind": "sparse_categorical_crossentropy", "parity": "binary_crossentropy"}'
SWAPPED = '{"parity": "binary_crossentropy", "kind": "sparse_categorical_crossentropy"}'
BY_PLACE = '["sparse_categorical_crossentropy", "binary_crossentropy"]'


def elements(heads, loss=BY_NAME):
    return find_all(Program.from_text(BODY.format(heads=heads, loss=loss)))


def belongs(found, *kinds):
    return {(each.kind, each.value): (each.role, each.output) for each in found if each.kind in kinds}


@pytest.mark.parametrize("loss", [BY_NAME, SWAPPED, BY_PLACE])
def test_layers_and_losses_belong_to_their_output(loss):
    assert belongs(elements(HEADS.format("softmax", "sigmoid"), loss), "activation", "units", "loss") == {
        ("activation", "relu"): ("input", None),
        ("units", 32): ("input", None),
        ("activation", "softmax"): ("output", 0),
        ("units", 10): ("output", 0),
        ("activation", "sigmoid"): ("output", 1),
        ("units", 1): ("output", 1),
        ("loss", "sparse_categorical_crossentropy"): ("", 0),
        ("loss", "binary_crossentropy"): ("", 1),
    }


def test_layers_without_weights_behind_an_output_belong_to_it():
    heads = 'kind = Activation("softmax")(Dropout(0.1)(Dense(10)(h)))\nlast = Dense(1)\nparity = last(h)\n'
    found = belongs(elements(heads, '"mse"'), "activation", "units", "dropout-rate", "loss")
    assert found["activation", "softmax"] == ("output", 0)
    assert found["dropout-rate", 0.1] == ("hidden", 0)
    assert found["units", 1] == ("output", 1)
    assert found["loss", "mean_squared_error"] == ("", None), "one loss for all outputs"


def test_one_output_is_told_apart_from_nothing():
    heads = 'kind = Dense(10, activation="softmax")(h)\n'
    text = BODY.format(heads=heads, loss='"mse"').replace("[kind, parity]", "[kind]")
    assert {each.output for each in find_all(Program.from_text(text))} == {None}


def test_rules_judge_each_output_by_its_own_loss():
    assert lint(elements(HEADS.format("softmax", "sigmoid"))) == ()
    ((name, hit),) = lint(elements(HEADS.format("relu", "sigmoid")))
    assert name == "wrong-last-activation" and hit.element.output == 0
    assert hit.message == "The last activation is relu, but sparse_categorical_crossentropy expects probabilities " + (
        "that sum to 1."
    )
    ((_, hit),) = lint(elements(HEADS.format("softmax", "tanh")))
    assert hit.element.output == 1 and hit.element.value == "tanh"


def test_operators_suggest_only_for_the_output_that_was_measured():
    found = elements(HEADS.format("relu", "tanh"))
    first, second = (next(e for e in found if e.kind == "activation" and e.output == output) for output in (0, 1))
    assert "softmax" in [suggestion.value for _, suggestion in suggestions(first, found, healthy())]
    assert suggestions(second, found, healthy()) == ()


def test_softmax_over_the_one_unit_of_an_output_is_known_to_be_wrong():
    program = Program.from_text(BODY.format(heads=HEADS.format("relu", "sigmoid"), loss=BY_NAME))
    space = Space(program, find_all(program))
    kind, parity = (next(e for e in space.elements if e.kind == "activation" and e.output == n) for n in (0, 1))
    assert wrong_output(space, {parity.id: "softmax"})
    assert not wrong_output(space, {kind.id: "softmax"})
