import ast
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as some

from netmend.program.reading import spans
from netmend.program.reading.bindings import Site, bindings_of
from netmend.program.source import Program


def first_call(text):
    program = Program.from_text(text)
    return program, bindings_of(program).calls[0]


ADDED = {
    "f()": "f(z=1)",
    "f(  # why\n)": "f(z=1  # why\n)",
    "f(1)": "f(1, z=1)",
    "f(1,)": "f(1, z=1,)",
    "f((1))": "f((1), z=1)",
    "f((1) )": "f((1), z=1 )",
    "f(a=(1,\n2))": "f(a=(1,\n2), z=1)",
    "f(\n    1,\n    2,\n)": "f(\n    1,\n    2,\n    z=1,\n)",
    "f(\n    1,\n    2\n)": "f(\n    1,\n    2,\n    z=1\n)",
    "f(\n    1,\n    2,  # two\n)": "f(\n    1,\n    2,  # two\n    z=1,\n)",
    "f(\n    1,\n    2  # two )\n)": "f(\n    1,\n    2, z=1  # two )\n)",
    "f(1,\n  2)": "f(1,\n  2, z=1)",
    "f(\r\n    1,\r\n)": "f(\r\n    1,\r\n    z=1,\r\n)",
    "f(*a, **k)": "f(*a, **k, z=1)",
    "f('é', 1)": "f('é', 1, z=1)",
    "f(1)(2)": "f(1, z=1)(2)",
    "f(lambda: (1))": "f(lambda: (1), z=1)",
}


@pytest.mark.parametrize("text", ADDED)
def test_an_argument_is_added_at_the_end(text):
    program, call = first_call(text)
    edit = spans.add_argument(call, "z", "1")
    assert edit.start == edit.end == spans.insertion_point(call)
    assert program.patched((edit,)).main.text == ADDED[text]


@pytest.mark.parametrize("text", [text for text in ADDED if ADDED[text] and "f()" not in text and "why" not in text])
def test_two_arguments_can_be_added_together(text):
    program, call = first_call(text)
    both = program.patched((spans.add_argument(call, "y", "2"), spans.add_argument(call, "z", "1")))
    tree = next(node for node in ast.walk(both.main.tree) if isinstance(node, ast.Call) and node.keywords)
    assert {keyword.arg for keyword in tree.keywords} >= {"y", "z"}


SEPARATORS = some.sampled_from([", ", ",", " , ", ",\n    ", ",  # note\n    "])


@given(
    some.lists(SEPARATORS, min_size=1, max_size=4),
    some.sampled_from(["", ",", ",\n", "  # end\n", ",  # end\n"]),
    some.data(),
)
def test_removing_arguments_leaves_the_others(separators, end, data):
    names = "abcde"[: len(separators) + 1]
    text = "f(" + names[0] + "".join(map("".join, zip(separators, names[1:], strict=True))) + end + ")"
    program, call = first_call(text)
    chosen = data.draw(some.sets(some.sampled_from(range(len(names)))))
    edits = spans.remove_arguments(call, [call.node.args[index] for index in chosen])
    after = program.patched(edits).main
    left = [ast.unparse(each) for each in after.tree.body[0].value.args]
    assert left == [name for index, name in enumerate(names) if index not in chosen]


REMOVED = {
    ("[a, b, c]", 0): "[b, c]",
    ("[a, b, c]", 1): "[a, c]",
    ("[a, b, c]", 2): "[a, b]",
    ("[a, b, c,]", 2): "[a, b,]",
    ("[\n    a, b,\n]", 1): "[\n    a,\n]",
    ("[a, (b), c]", 1): "[a, c]",
    ("[\n    a,\n    b,  # two\n    c,\n]", 1): "[\n    a,\n    c,\n]",
    ("[\n    a,\n    b\n]", 1): "[\n    a,\n]",
    ("[a,\n b]", 1): "[a]",
    ("[\r\n    a,\r\n    b,\r\n]", 0): "[\r\n    b,\r\n]",
    ("[a]", 0): "[]",
}


@pytest.mark.parametrize(("text", "index"), REMOVED)
def test_an_item_is_removed_with_its_comma_and_line(text, index):
    program = Program.from_text(text)
    sequence = program.main.tree.body[0].value
    edit = spans.remove_item(Site(program.main, sequence.elts[index]), sequence)
    assert program.patched((edit,)).main.text == REMOVED[text, index]


STATEMENTS = {
    ("a()\nb()\nc()\n", 1): "a()\nc()\n",
    ("a()\nb()  # two\nc()\n", 1): "a()\nc()\n",
    ("a(); b(); c()\n", 0): "b(); c()\n",
    ("a(); b(); c()\n", 1): "a(); c()\n",
    ("a(); b(); c()\n", 2): "a(); b()\n",
    ("a(\n 1)\nb()", 0): "b()",
    ("a()\n", 0): "pass\n",
    ("a()\r\nb()\r\n", 1): "a()\r\n",
}


@pytest.mark.parametrize(("text", "index"), STATEMENTS)
def test_a_statement_is_removed_with_its_line(text, index):
    program = Program.from_text(text)
    tree = program.main.tree
    edit = spans.remove_statement(program.main, tree.body[index], tree)
    assert program.patched((edit,)).main.text == STATEMENTS[text, index]


# Where z is used is marked with USE; every import of z has to come before it, and after what decides how z is loaded.
IMPORTED = {
    "USE": "import z\nUSE",
    "# note\nUSE\n": "# note\nimport z\nUSE\n",
    '"""Doc."""\nUSE\n': '"""Doc."""\nimport z\nUSE\n',
    "from __future__ import annotations\nimport a  # why\n\nUSE\nimport c\n": (
        "from __future__ import annotations\nimport a  # why\nimport z\n\nUSE\nimport c\n"
    ),
    "from __future__ import annotations\nUSE\n": "from __future__ import annotations\nimport z\nUSE\n",
    "import a; USE\n": "import a; import z; USE\n",
    "import a\nUSE": "import a\nimport z\nUSE",
    "import a\r\nUSE\r\n": "import a\r\nimport z\r\nUSE\r\n",
    "from . import a\nUSE\n": "from . import a\nimport z\nUSE\n",
    # beside an import of the same package
    "import z.a\nimport b\nUSE\n": "import z.a\nimport z\nimport b\nUSE\n",
    "import a\nb()\nfrom z import c\nUSE\n": "import a\nb()\nfrom z import c\nimport z\nUSE\n",
    "def f():\n    USE\n\nimport z.a\nf()\n": "def f():\n    USE\n\nimport z.a\nimport z\nf()\n",
    "import z.a\ndef f():\n    import z.b\n    USE\n": "import z.a\nimport z\ndef f():\n    import z.b\n    USE\n",
    "import a\ndef f():\n    import z.b\n    USE\n": "import a\ndef f():\n    import z.b\n    import z\n    USE\n",
    "import a\ntry:\n    import z.a\nexcept E:\n    b()\nUSE\n": (
        "import a\ntry:\n    import z.a\nexcept E:\n    b()\nimport z\nUSE\n"
    ),
    # behind what the first import of a package may depend on
    "import os\nos.environ['B'] = '1'\nUSE\n": "import os\nos.environ['B'] = '1'\nimport z\nUSE\n",
    "import os\nos.environ['B'] = '1'\nimport z.a\nUSE\n": (
        "import os\nos.environ['B'] = '1'\nimport z.a\nimport z\nUSE\n"
    ),
    "import os as o\no.environ.setdefault('B', '1')\nimport z.a\ndef f():\n    USE\n": (
        "import os as o\no.environ.setdefault('B', '1')\nimport z.a\nimport z\ndef f():\n    USE\n"
    ),
    "import os\nif b:\n    os.putenv('B', '1')\nUSE\n": "import os\nif b:\n    os.putenv('B', '1')\nimport z\nUSE\n",
    "from os import environ\ndef f():\n    environ['A'] = '1'\nUSE\n": (
        "from os import environ\nimport z\ndef f():\n    environ['A'] = '1'\nUSE\n"
    ),
}


@pytest.mark.parametrize("text", IMPORTED)
def test_an_import_goes_where_it_changes_nothing_else(text):
    program = Program.from_text(text)
    after = program.patched((spans.add_import(program.main, "import z", text.index("USE")),)).main
    assert after.text == IMPORTED[text]


PARTS = ("import os", "import a", "import z.first", "os.environ['B'] = '1'", "b = 1", "def f():\n    return os.environ")


@given(some.lists(some.sampled_from(PARTS), max_size=8), some.booleans())
def test_an_import_leaves_the_first_import_of_its_package_where_it_is(parts, in_a_function):
    """The program is executed: what is imported, and when the environment is set, is written down in order."""
    use = "def g():\n    USE\ng()" if in_a_function else "USE"
    text = "\n".join(["import os", *parts, use, ""])
    program = Program.from_text(text)
    after = program.patched((spans.add_import(program.main, "import z", text.index("USE")),)).main

    def order(text):
        told = []

        class Environ(dict):
            def __setitem__(self, name, value):
                told.append("environ")

        def load(name, *rest):
            told.append(name.partition(".")[0])
            return SimpleNamespace(environ=Environ())

        exec(text.replace("USE", "z"), {"__builtins__": {"__import__": load}})
        return told

    before = order(text.replace("USE", "0"))
    told = order(after.text)
    assert len(told) == len(before) + 1
    first = told.index("z")
    if "z" in before:
        assert first == before.index("z")
    else:
        assert "environ" not in told[first:]
