import ast

from netmend.program.reading.scopes import Scopes, default, parameters
from netmend.program.source import Program


def scopes_of(text, module="train"):
    return Scopes(Program.from_text(text).main, module)


def names(scopes, wanted):
    return [node for node in ast.walk(scopes.file.tree) if isinstance(node, ast.Name) and node.id == wanted]


def test_a_name_means_what_the_innermost_scope_binds():
    scopes = scopes_of("a = 1\ndef f():\n    a = 2\n    return a\nprint(a)\n")
    inner, outer = sorted(
        (node for node in names(scopes, "a") if isinstance(node.ctx, ast.Load)), key=lambda n: n.lineno
    )
    assert ast.unparse(scopes.bindings("a", inner)[0].value) == "2"
    assert ast.unparse(scopes.bindings("a", outer)[0].value) == "1"


def test_names_of_a_class_are_not_seen_in_its_methods():
    scopes = scopes_of("class C:\n    a = 1\n    b = a\n    def f(self):\n        return a\n")
    loads = [node for node in names(scopes, "a") if isinstance(node.ctx, ast.Load)]
    in_body, in_method = sorted(loads, key=lambda node: node.lineno)
    assert scopes.bindings("a", in_body)
    assert not scopes.bindings("a", in_method)


def test_a_global_statement_binds_the_module():
    scopes = scopes_of("a = 1\ndef f():\n    global a\n    a = 2\n")
    assert len(scopes.top_level("a")) == 2


def test_comprehensions_keep_their_names_to_themselves():
    scopes = scopes_of("a = 1\nb = [a for a in range(3)]\n")
    assert len(scopes.top_level("a")) == 1


def test_defaults_and_decorators_are_outside_the_function():
    scopes = scopes_of("a = 1\ndef f(a=a):\n    pass\n")
    use = next(node for node in names(scopes, "a") if isinstance(node.ctx, ast.Load))
    assert scopes.scope(use) is scopes.file.tree


def test_tuples_are_bound_part_by_part_where_the_parts_are_written():
    scopes = scopes_of("a, b = 1, 2\nc, d = f()\n")
    assert ast.unparse(scopes.top_level("b")[0].value) == "2"
    assert scopes.top_level("d")[0].value is None


def test_the_main_guard_is_no_branch():
    scopes = scopes_of("if __name__ == '__main__':\n    a = 1\nif a:\n    b = 1\nelse:\n    c = 1\n")
    a, b, c = (scopes.branches(scopes.top_level(name)[0].node) for name in "abc")
    assert a == frozenset()
    assert b and c and b != c


def test_relative_imports_start_from_the_package():
    scopes = scopes_of("from .b import c\nfrom .. import d\n", "pack.inner.a")
    assert scopes.top_level("c")[0].imported == "pack.inner.b.c"
    assert scopes.top_level("d")[0].imported == "pack.d"


def test_parameters_have_their_defaults():
    function = ast.parse("def f(a, /, b, c=1, *, d, e=2): pass").body[0]
    found = {each.arg: default(function.args, each) for each in parameters(function.args)}
    assert {name: value and ast.unparse(value) for name, value in found.items()} == {
        "a": None,
        "b": None,
        "c": "1",
        "d": None,
        "e": "2",
    }


def test_a_loop_of_another_function_does_not_count():
    scopes = scopes_of("for i in x:\n    a = 1\n    def f():\n        b = 1\n")
    assert scopes.in_loop(scopes.top_level("a")[0].node)
    assert not scopes.in_loop(names(scopes, "b")[0])
