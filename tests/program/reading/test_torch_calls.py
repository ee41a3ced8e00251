from __future__ import annotations

import ast

from netmend.program.reading.bindings import Call, Site, bindings_of
from netmend.program.reading.torch_calls import NOWHERE, Calls
from netmend.program.source import Program


def calls_of(text: str) -> tuple[Calls, list[Call]]:
    bindings = bindings_of(Program.from_text("from torch import nn\n" + text))
    return Calls(bindings), list(bindings.calls)


def named(calls: list[Call], method: str) -> Call:
    return next(call for call in calls if isinstance(call.node.func, ast.Name) and call.node.func.id == method)


BLOCK = """\
def block(n, m=4):
    k = n
    return nn.Linear(k, m)

first = block(2)
second = block(3, m=5)
"""


def test_a_parameter_means_what_each_call_passes() -> None:
    calls, found = calls_of(BLOCK)
    widths = []
    for call in found:
        result = calls.result(call, NOWHERE)
        if result is not None:
            site, environment = result
            assert isinstance(site.node, ast.Call)
            arguments = [Site(site.file, each) for each in site.node.args]
            widths.append([calls.resolve(each, environment).value for each in arguments])
    assert widths == [[2, 4], [3, 5]]


def test_a_function_with_two_returns_has_no_known_result() -> None:
    calls, found = calls_of("def f(x):\n    if x:\n        return nn.ReLU()\n    return nn.Tanh()\ny = f(1)\n")
    assert calls.result(named(found, "f"), NOWHERE) is None


def test_methods_are_found_in_base_classes_of_the_program() -> None:
    calls, _ = calls_of(
        "class A(nn.Module):\n    def forward(self, x): ...\n"
        "class B(A):\n    pass\nclass C:\n    def forward(self): ...\n"
    )
    where = calls.module_definition("train.B")
    assert where is not None
    method = calls.method(where, "forward")
    assert method is not None
    assert method[1].lineno == 3
    assert calls.method(where, "backward") is None
    assert calls.module_definition("train.C") is None


def test_moving_a_module_does_not_hide_the_call_that_makes_it() -> None:
    calls, found = calls_of('m = nn.Linear(1, 2).to("cpu").double()\n')
    outer = max(found, key=lambda call: len(call.site.text))
    assert outer.site.text.endswith(".double()")
    assert calls.unwrapped(outer.site).text == "nn.Linear(1, 2)"
