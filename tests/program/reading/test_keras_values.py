import pytest

from netmend.core.errors import Unchangeable
from netmend.program.reading.bindings import Site, bindings_of
from netmend.program.reading.keras_values import Meaning, absent_draft, number_draft, quoted
from netmend.program.source import Program


def call_of(text):
    bindings = bindings_of(Program.from_text(text))
    return bindings, bindings.calls[-1]


@pytest.mark.parametrize(
    ("text", "form", "name"),
    [
        ("import keras\nf('relu')", "literal", ""),
        ("import keras\na = 'relu'\nf(a)", "literal", ""),
        ("import keras\nf(keras.activations.relu)", "function", "relu"),
        ("import tensorflow as tf\na = tf.nn.relu\nf(a)", "function", "relu"),
        ("import keras\na = keras.layers.ReLU()\nf(a)", "object", "ReLU"),
        ("import keras\nf(mine)", "unknown", ""),
        ("import numpy\nf(numpy.tanh)", "unknown", ""),
    ],
)
def test_an_argument_means_what_its_variable_holds(text, form, name):
    bindings = bindings_of(Program.from_text(text))
    call = next(each for each in bindings.calls if each.site.text.startswith("f("))
    meaning = Meaning(bindings, Site(call.file, call.node.args[0]))
    assert (meaning.form, meaning.name) == (form, name)


def number(text, whole=True, default=None):
    bindings, call = call_of(text)
    return number_draft(bindings, call, "units", "n", 0, "f", default, whole)


def test_a_number_of_the_wrong_sort_is_unknown():
    assert number("f(3)").value == 3
    assert number("f(3.5)").value is None
    assert number("f(True)").value is None
    assert number("f('3')").value is None
    assert number("f(3.5)", whole=False).value == 3.5


def test_a_number_that_must_be_given_has_no_absent_element():
    assert number("f()") is None
    assert number("f()", default=3).insertion == 2


@pytest.mark.parametrize(("value", "whole"), [(2.5, True), ("3", True), (True, True), (None, False)])
def test_what_is_no_number_is_not_written(value, whole):
    with pytest.raises(Unchangeable):
        number("f(3)", whole).edits(value)


def test_a_whole_number_may_come_as_a_float():
    assert number("f(3)").edits(4.0)[0].text == "4"


def test_unseen_arguments_may_hold_what_seems_absent():
    bindings, call = call_of("f(**k)")
    assert absent_draft(bindings, call, "activation", "activation", "linear", "f", quoted) is None
