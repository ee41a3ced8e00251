from netmend.program.reading.bindings import Site, bindings_of
from netmend.program.reading.entries import entry, keys
from netmend.program.source import Program


def found(text, key):
    """The text of an entry of the last expression of a program."""
    bindings = bindings_of(Program.from_text(text))
    file = bindings.program.main
    site = entry(bindings, Site(file, file.tree.body[-1].value), key)
    return site and site.text


def test_a_key_written_twice_has_its_last_value():
    assert found("{'a': 1, 'a': 2}", "a") == "2"


def test_a_dictionary_in_a_dictionary_is_opened():
    assert found("x = {'a': 1}\n{**x, 'b': 2}", "a") == "1"


def test_an_attribute_that_two_methods_set_has_no_one_value():
    text = "class C:\n    def __init__(self):\n        self.a = 1\n    def f(self):\n        self.a = 2\nC()"
    assert found(text, "a") is None


def test_an_attribute_set_under_a_condition_has_no_one_value():
    assert found("class C:\n    if x:\n        a = 1\nC()", "a") is None


def test_two_arguments_of_one_name_have_no_one_default():
    text = "p.add_argument('--a', default=1)\nq.add_argument('--a', default=2)\np.parse_args()"
    assert found(text, "a") is None


def test_a_positional_argument_is_named_as_written():
    assert found("p.add_argument('count', nargs='?', default=1)\np.parse_args()", "count") == "1"


def keys_of(text):
    bindings = bindings_of(Program.from_text(text))
    file = bindings.program.main
    return keys(bindings, Site(file, file.tree.body[-1].value))


def test_keys_are_known_only_if_all_are():
    assert keys_of("{'a': 1, **{'b': 2}}") == {"a", "b"}
    assert keys_of("dict(a=1)") == {"a"}
    assert keys_of("{'a': 1, x: 2}") is None
    assert keys_of("{'a': 1, **x}") is None
    assert keys_of("dict(x)") is None
