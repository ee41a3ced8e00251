from hypothesis import given
from hypothesis import strategies as some

from netmend.program.reading.bindings import bindings_of
from netmend.program.reading.spelling import number, string, written
from netmend.program.source import Program


@given(some.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_read_back_to_twelve_digits(value):
    again = float(number(value))
    assert again == value or abs(again - value) <= 1e-11 * abs(value)


def test_numbers_are_written_as_a_person_does():
    cases = {
        0.001: "0.001",
        1e-05: "1e-5",
        2.5e-07: "2.5e-7",
        3 * 0.1: "0.3",
        1.0: "1.0",
        32: "32",
        0.0: "0.0",
        1e15: "1e15",
    }
    assert {value: number(value) for value in cases} == cases


def test_strings_take_the_quotes_of_what_they_replace():
    assert string("relu", "'tanh'", '"" ""') == "'relu'"
    assert string("relu", '"tanh"', "'' ''") == '"relu"'
    assert string("relu", "tf.nn.relu", "a = 'b'") == "'relu'"
    assert string("relu", "", "") == '"relu"'


def test_the_shortest_import_that_is_visible_wins():
    text = "import a.b\nfrom a import b as c\nfrom a.b import *\nf(1)\ndef g(c):\n    f(2)\n"
    bindings = bindings_of(Program.from_text(text))
    outside, inside = (call.site for call in bindings.calls)
    assert written(bindings, outside, "a.b.d") == "d"
    assert written(bindings, inside, "a.x") == "a.x"
    assert written(bindings, outside, "other.d") == ""
    hidden = bindings_of(Program.from_text(text.replace("from a.b import *\n", "")))
    assert [written(hidden, call.site, "a.b.d") for call in hidden.calls] == ["c.d", "a.b.d"]
