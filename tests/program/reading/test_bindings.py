from pathlib import Path

import pytest

from netmend.program.reading.bindings import Bindings, Site, bindings_of, module_name
from netmend.program.source import Program, SourceFile


def last_call(text, **modules):
    """The bindings and the last call of the main file."""
    files = [SourceFile("train.py", text), *(SourceFile(f"{name}.py", each) for name, each in modules.items())]
    bindings = Bindings(Program(Path(), tuple(files)))
    return bindings, [call for call in bindings.calls if call.file.name == "train.py"][-1]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("import keras\nkeras.layers.Dense(1)", "keras.layers.Dense"),
        ("import keras.layers\nkeras.layers.Dense(1)", "keras.layers.Dense"),
        ("import keras.layers as L\nL.Dense(1)", "keras.layers.Dense"),
        ("from tensorflow.keras.layers import Dense as D\nD(1)", "tensorflow.keras.layers.Dense"),
        ("import torch.nn.functional as F\nF.relu(x)", "torch.nn.functional.relu"),
        ("from torch import nn, optim\nnn.Linear(1, 2)", "torch.nn.Linear"),
        ("import tensorflow as tf\nL = tf.keras.layers\nL.Dense(1)", "tensorflow.keras.layers.Dense"),
        ("from keras.layers import *\nDense(1)", "keras.layers.Dense"),
        ("from keras.layers import *\nlen(1)", ""),
        ("def f(): ...\nf()", "train.f"),
        ("import keras\nkeras = other()\nkeras.Dense(1)", ""),
        ("m = build()\nm.fit(1)", ""),
        (
            "try:\n    from tf.keras import Dense\nexcept ImportError:\n    from keras import Dense\nDense(1)",
            "tf.keras.Dense",
        ),
    ],
)
def test_names_are_followed_to_their_imports(text, name):
    assert last_call(text)[1].name == name


def test_names_are_followed_through_local_modules():
    _, call = last_call("from shapes import Dense\nDense(1)", shapes="from keras.layers import Dense\n")
    assert call.name == "keras.layers.Dense"
    _, call = last_call("from shapes import *\nDense(1)", shapes="from keras.layers import Dense\n")
    assert call.name == "keras.layers.Dense"


def test_calls_come_in_the_order_of_their_parentheses():
    bindings = bindings_of(Program.from_text("a(b(1))\nc.d(2).e(f(3))(4)\n"))
    assert [call.site.text for call in bindings.calls] == [
        "a(b(1))",
        "b(1)",
        "c.d(2)",
        "c.d(2).e(f(3))",
        "f(3)",
        "c.d(2).e(f(3))(4)",
    ]


VALUES = {
    "f(0.1)": (0.1, "0.1"),
    "a = 0.1\nf(a)": (0.1, "0.1"),
    "a = b = 0.1\nf(b)": (0.1, "0.1"),
    "a = 1e-3 * 10\nf(a)": (0.01, "1e-3 * 10"),
    "a = 2\nf(-a / 4)": (-0.5, "-a / 4"),
    "f(10 ** -3)": (0.001, "10 ** -3"),
    "a = 1\na = 2\nf(a)": (None, "a"),
    "a = 1\na += 2\nf(a)": (None, "a"),
    "if x:\n    a = 1\nf(a)": (None, "a"),
    "if x:\n    a = 1\n    f(a)": (1, "1"),
    "if __name__ == '__main__':\n    a = 1\n    f(a)": (1, "1"),
    "for a in range(3):\n    f(a)": (None, "a"),
    "for i in range(3):\n    a = 5\n    f(a)": (5, "5"),
    "C = {'a': {'b': 3}}\nf(C['a']['b'])": (3, "3"),
    "C = dict(a=3)\nf(C['a'])": (3, "3"),
    "C = {'a': 3}\nf(C.get('a', 5))": (3, "3"),
    "C = {'a': 3}\nC['a'] = 4\nf(C['a'])": (None, "C['a']"),
    "C = {}\nC['a'] = 4\nf(C['a'])": (4, "4"),
    "C = {**{'a': 1}}\nf(C['a'])": (1, "1"),
    "C = [7, 8]\nf(C[1])": (8, "8"),
    "class C:\n    a = 3\nf(C.a)": (3, "3"),
    "class C:\n    a: int = 3\nc = C()\nf(c.a)": (3, "3"),
    "class C:\n    a: int = 3\nc = C(a=4)\nf(c.a)": (4, "4"),
    "class C:\n    a: int = 3\nc = C(5)\nf(c.a)": (5, "5"),
    "class C:\n    def __init__(self, n=2):\n        self.n = n\n    def g(self):\n        return f(self.n)": (2, "2"),
    "class C:\n    def __init__(self, n=2):\n        self.n = n\nc = C(9)\nf(c.n)": (9, "9"),
    "c = SimpleNamespace(a=3)\nf(c.a)": (3, "3"),
    "c = EasyDict({'a': 3})\nf(c.a)": (3, "3"),
    "def g(a=3):\n    f(a)": (3, "3"),
    "def g(a):\n    b = 1\n    f(a)\ng(4)": (4, "4"),
    "p.add_argument('--lr', default=0.1)\nargs = p.parse_args()\nf(args.lr)": (0.1, "0.1"),
    "p.add_argument('-n', '--n-rows', default=3)\nargs, _ = p.parse_known_args()\nf(1)": (1, "1"),
    "p.add_argument('-n', '--n-rows', default=3)\nargs = p.parse_args()\nf(int(args.n_rows))": (3, "3"),
    "p.add_argument('--a', dest='b', default=3)\nargs = p.parse_args()\nf(vars(args)['b'])": (3, "3"),
    "p.add_argument('--lr')\nargs = p.parse_args()\nf(args.lr)": (None, "args.lr"),
    "def g():\n    return 6\nf(g())": (6, "6"),
    "f([1, 2])": ((1, 2), "[1, 2]"),
    "f(None)": (None, "None"),
    "f(n := 4)": (4, "4"),
    "a, b = 1, 2\nf(b)": (2, "2"),
    "a = a\nf(a)": (None, "a"),
    "f(10 ** 10 ** 10)": (None, "10 ** 10 ** 10"),
}


@pytest.mark.parametrize("text", VALUES)
def test_values_are_followed_to_where_they_are_written(text):
    bindings = bindings_of(Program.from_text(text))
    call = next(each for each in bindings.calls if each.node.args and each.site.text.startswith("f("))
    resolved = bindings.resolve(Site(call.file, call.node.args[0]))
    assert (resolved.value, resolved.site.text) == VALUES[text]


def test_a_parameter_that_callers_disagree_on_is_unknown():
    bindings = bindings_of(Program.from_text("def g(a, b=1):\n    f(a, b)\ng(2)\ng(3)\n"))
    call = next(each for each in bindings.calls if each.site.text == "f(a, b)")
    values = [bindings.resolve(Site(call.file, each)) for each in call.node.args]
    assert [value.known for value in values] == [False, True]


def test_values_are_followed_into_other_files():
    bindings, call = last_call("import settings\nfrom settings import B\nf(settings.A, B)", settings="A = 1\nB = 2\n")
    found = [bindings.resolve(Site(call.file, each)) for each in call.node.args]
    assert [(each.value, str(each.site.place)) for each in found] == [(1, "settings.py:1:5"), (2, "settings.py:2:5")]


def test_arguments_are_found_by_keyword_position_or_dictionary():
    bindings, call = last_call("K = {'c': 3}\nf(1, b=2, **K)")
    assert [bindings.argument(call, name, index).text for name, index in [("a", 0), ("b", 1), ("c", 2)]] == list("123")
    assert bindings.argument(call, "d", 3) is None
    assert bindings.argument(call, "d", -1) is None
    bindings, call = last_call("f()")
    assert bindings.argument(call, "d", -1) is None
    assert not bindings.opaque(call)


def test_unseen_arguments_are_known_to_be_unseen():
    for text in ("f(*a)", "f(**k)", "k = g()\nf(**k)", "f(**{x: 1})"):
        bindings, call = last_call(text)
        assert bindings.opaque(call), text
    bindings, call = last_call("f(*a, 1)")
    assert bindings.argument(call, "b", 1) is None


def test_files_have_the_names_they_are_imported_by():
    names = {"train.py": "train", "a/b.py": "a.b", "a/__init__.py": "a"}
    assert {name: module_name(SourceFile(name, "")) for name in names} == names
