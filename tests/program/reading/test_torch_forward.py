from __future__ import annotations

import pytest

from netmend.program.reading.bindings import bindings_of
from netmend.program.reading.torch_calls import Calls
from netmend.program.reading.torch_forward import Flow, Step, functional_activation
from netmend.program.reading.torch_model import Models
from netmend.program.source import Program

HEAD = "import torch\nfrom torch import nn\nimport torch.nn.functional as F\n"
CLASS = """\
class N(nn.Module):
    def __init__(self, act=F.gelu):
        super().__init__()
        self.a = nn.Linear(1, 2)
        self.b = nn.Bilinear(2, 2, 3)
        self.c = nn.Conv1d(3, 4, 1)
        self.r = nn.ReLU()
        self.s = nn.Sequential(nn.Linear(4, 4), nn.Tanh())
        self.l = nn.ModuleList([nn.Linear(4, 4), nn.Linear(4, 4)])
        self.n = nn.ModuleList([nn.LayerNorm(4), nn.LayerNorm(4)])
        self.act = act
    def encode(self, x):
        return self.r(self.a(x))
    def forward(self, x, y=None):
{body}
net = N()
"""


def flow(body: str) -> Flow:
    text = HEAD + CLASS.format(body="\n".join(f"        {line}" for line in body.split("\n")))
    calls = Calls(bindings_of(Program.from_text(text)))
    return Flow(calls, Models(calls).roots()[0])


def name(step: Step) -> str:
    return step.leaf.kind if step.leaf is not None else step.activation


def shown(found: Flow) -> str:
    """Each step with the steps it comes from."""
    number = {step: index for index, step in enumerate(found.steps)}
    return " ".join(f"{name(step)}{sorted(number[each] for each in step.sources)}" for step in found.steps)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("return self.r(self.a(x))", "Linear[] ReLU[0]"),
        ("x = self.a(x)\nx = F.relu(x)\nreturn torch.sigmoid(x)", "Linear[] relu[0] sigmoid[1]"),
        ("return self.a(x).view(-1).tanh().mean()", "Linear[] tanh[0]"),
        ("p = self.a(x)\nq = self.a(y)\nreturn self.b(p, q)", "Linear[] Linear[] Bilinear[0, 1]"),
        ("h = self.encode(x)\nreturn self.c(h)", "Linear[] ReLU[0] Conv1d[1]"),
        ("return self.s(x)", "Linear[] Tanh[0]"),
        ("return self.s[1](self.s[-2](x))", "Linear[] Tanh[0]"),
        ("for l in self.l:\n    x = F.elu(l(x))\nreturn x", "Linear[] elu[0] Linear[1] elu[2]"),
        ("for i, l in enumerate(self.l):\n    x = l(x)\nreturn x", "Linear[] Linear[0]"),
        (
            "for l, n in zip(self.l, self.n):\n    x = n(l(x))\nreturn x",
            "Linear[] LayerNorm[0] Linear[1] LayerNorm[2]",
        ),
        (
            "if y is None:\n    x = self.a(x)\nelse:\n    x = self.c(x)\nreturn self.r(x)",
            "Linear[] Conv1d[] ReLU[0, 1]",
        ),
        ("z, (h, c) = self.a(x)\nreturn self.c(h)", "Linear[] Conv1d[0]"),
        ("x = self.act(self.a(x))\nreturn x", "Linear[] gelu[0]"),
        ("return torch.exp(self.a(x) / 2)", "Linear[]"),
        ("return torch.exp(self.a(x))", "Linear[] exponential[0]"),
        ("x = self.a(x) + x\nx += self.c(x)\nreturn self.r(x)", "Linear[] Conv1d[0] ReLU[0, 1]"),
        ("with torch.no_grad():\n    x = self.a(x)\nreturn [self.r(x)][0]", "Linear[] ReLU[0]"),
        ("if (h := self.a(x)) is not None:\n    return self.r(h)", "Linear[] ReLU[0]"),
    ],
)
def test_steps_in_order_with_their_sources(body: str, expected: str) -> None:
    assert shown(flow(body)) == expected


def test_a_sequential_without_forward_is_a_chain() -> None:
    calls = Calls(
        bindings_of(Program.from_text(HEAD + "m = nn.Sequential(nn.Linear(1, 2), nn.ReLU(), nn.Linear(2, 1))\n"))
    )
    assert shown(Flow(calls, Models(calls).roots()[0])) == "Linear[] ReLU[0] Linear[1]"


def test_what_stands_before_and_after_a_layer() -> None:
    found = flow("x = self.a(x)\nx = self.n[0](F.relu(x))\nreturn torch.softmax(self.c(x), dim=1)")
    first, relu, norm, second, softmax = found.steps
    assert (found.first, found.last) == (first, second)
    assert found.after(first) == [relu, norm]
    assert found.after(second) == [softmax]
    assert found.next_weights(first) == [second]
    assert found.before(softmax) is second
    assert found.before(norm) is first
    assert found.before(first) is None


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("F.leaky_relu(x, 0.1)", "leaky_relu"),
        ("torch.softmax(x, 1)", "softmax"),
        ("nn.functional.hardsigmoid(x)", "hard_sigmoid"),
        ("x.sigmoid()", "sigmoid"),
        ("x.exp()", "exponential"),
        ("(x / 2).exp()", ""),
        ("torch.exp(-x)", ""),
        ("torch.mean(x)", ""),
        ("F.dropout(x)", ""),
    ],
)
def test_calls_that_apply_an_activation(call: str, expected: str) -> None:
    bindings = bindings_of(Program.from_text(f"{HEAD}def f(x):\n    return {call}\n"))
    assert functional_activation(Calls(bindings), bindings.calls[-1]) == expected
