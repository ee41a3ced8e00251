from __future__ import annotations

import pytest

from netmend.program.reading.bindings import Site
from netmend.program.reading.torch_program import Reading, loss_function, optimiser_class, reading_of
from netmend.program.source import Program

HEAD = "import torch\nfrom torch import nn\nimport torch.nn.functional as F\n"


def reading(body: str) -> Reading:
    return reading_of(Program.from_text(HEAD + body))


TWO = "teacher = nn.Sequential(nn.Linear(1, 9))\nstudent = nn.Sequential(nn.Linear(1, 2), nn.ReLU())\n"


@pytest.mark.parametrize(
    "body",
    [
        "o = torch.optim.SGD(student.parameters(), lr=1)\n",
        "o = torch.optim.SGD(params=list(student.parameters()), lr=1)\n",
        "o = torch.optim.SGD(filter(lambda p: p.requires_grad, student.parameters()), lr=1)\n",
        "o = torch.optim.SGD([{'params': student.parameters()}], lr=1)\n",
        "student = student.to('cpu')\no = torch.optim.SGD(student.parameters(), lr=1)\n",
        "net = nn.DataParallel(student)\no = torch.optim.SGD(net.parameters(), lr=1)\n",
        "def f(m):\n    return torch.optim.SGD(m.parameters(), lr=1)\no = f(student)\n",
        "class T:\n    def __init__(self, m):\n        self.m = m\n"
        "        self.o = torch.optim.SGD(self.m.parameters())\nT(student)\n",
    ],
)
def test_the_trained_model_comes_first(body: str) -> None:
    trained, other = reading(TWO + body).models
    assert [leaf.kind for leaf in trained.numbers] == ["Linear", "ReLU"]
    assert list(trained.numbers.values()) == [0, 1]
    assert list(other.numbers.values()) == [None]


def test_without_an_optimiser_no_layer_of_two_models_is_numbered() -> None:
    assert {number for model in reading(TWO).models for number in model.numbers.values()} == {None}


def test_roles_of_layers() -> None:
    (model,) = reading("m = nn.Sequential(nn.Linear(1, 2), nn.ReLU(), nn.Linear(2, 2), nn.Linear(2, 1))\n").models
    roles = {model.owner(leaf): model.role(leaf) for leaf in model.numbers if leaf.kind == "Linear"}
    assert roles == {"Linear 1": "input", "Linear 3": "hidden", "Linear 4": "output"}


def test_a_single_layer_is_the_output() -> None:
    (model,) = reading("m = nn.Sequential(nn.Linear(1, 2))\n").models
    assert [model.role(leaf) for leaf in model.numbers] == ["output"]


def test_a_model_whose_forward_does_not_show_its_layers_is_not_traced() -> None:
    body = (
        "class N(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.a = nn.Linear(1, 1)\n"
    )
    assert not reading(body + "    def forward(self, x):\n        return magic(self, x)\nN()\n").models[0].traced
    assert reading(body + "    def forward(self, x):\n        return self.a(x)\nN()\n").models[0].traced


STEP = """\
criterion = nn.MSELoss()
other = nn.L1Loss()
def train(criterion):
    for xb, yb in data:
        loss = {train}
        loss.backward()
def test():
    return {test}
for e in range(3):
    train(criterion)
    test()
"""


@pytest.mark.parametrize(
    ("train", "test", "expected"),
    [
        ("criterion(m(xb), yb)", "other(m(x), y)", ["nn.MSELoss()"]),
        ("F.mse_loss(m(xb), yb)", "F.l1_loss(m(x), y)", ["F.mse_loss(m(xb), yb)"]),
        ("nn.HuberLoss()(m(xb), yb)", "criterion(m(x), y)", ["nn.HuberLoss()"]),
        ("(m(xb) - yb).sum()", "1", ["nn.MSELoss()", "nn.L1Loss()"]),
    ],
)
def test_the_loss_is_that_of_the_training_step(train: str, test: str, expected: list[str]) -> None:
    assert [call.site.text for call in reading(STEP.format(train=train, test=test)).losses] == expected


def test_expressions_that_name_modules() -> None:
    found = reading(
        "class N(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.a = nn.Linear(1, 1)\n"
        "        self.s = nn.Sequential(nn.ReLU(), nn.Tanh())\n        print(self.s[1], self.a, self.b)\n"
        "n = N()\nprint(n.a, n.s[0], n, q)\n"
    )
    arguments = [
        Site(call.file, each)
        for call in found.bindings.calls
        if call.node.args
        for each in call.node.args
        if call.name == ""
    ]
    named = {site.text: found.module(site) for site in arguments}
    kinds = {text: getattr(module, "kind", type(module).__name__) for text, module in named.items()}
    expected = {"self.s[1]": "Tanh", "self.a": "Linear", "self.b": "NoneType", "n.a": "Linear", "n.s[0]": "ReLU"}
    assert kinds == {**expected, "n": "Group", "q": "NoneType"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("torch.optim.Adam", "Adam"),
        ("torch.optim.adam.Adam", "Adam"),
        ("torch.optim.lr_scheduler.StepLR", ""),
        ("torch.optim.Optimizer", ""),
        ("keras.optimizers.Adam", ""),
    ],
)
def test_optimiser_class(name: str, expected: str) -> None:
    assert optimiser_class(name) == expected


def test_loss_function() -> None:
    assert loss_function("torch.nn.functional.smooth_l1_loss") == "huber"
    assert loss_function("torch.nn.functional.relu") == ""
    assert loss_function("other.mse_loss") == ""
