"""How nodes are spelled as others, while they are made."""

import pytest

from netmend.network.backends._onnx_spelling import Spelling

pytest.importorskip("onnx")


def test_what_is_left_out_at_the_end_of_the_inputs_is_not_written():
    spelling = Spelling("n")
    assert spelling.node("Clip", ["x", "", ""], "y") == "y"
    assert list(spelling.made[0].input) == ["x"] and spelling.made[0].name == "n"


def test_numbers_are_stored_as_what_they_are():
    spelling = Spelling("n")
    spelling.number(0.5, "half")
    spelling.number([1, -1], "shape")
    assert [each.attribute[0].name for each in spelling.made] == ["value_float", "value_ints"]


def test_integers_without_a_tensor_stand_for_nothing():
    assert Spelling("n").real("", "scale", "zero") == ""
    spelling = Spelling("n")
    assert spelling.real("q", "s", "") == spelling.real("q", "s", "") == "q by s"
