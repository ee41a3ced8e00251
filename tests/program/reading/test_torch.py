"""Fifteen PyTorch programs of different style: every element is found, every change is written, read again and run."""

from __future__ import annotations

import io
import tokenize
from itertools import pairwise

import pytest

from netmend.core.errors import Unchangeable
from netmend.program.blame import Value
from netmend.program.elements._base import Element
from netmend.program.elements._find import values_of
from netmend.program.places import Edit
from netmend.program.reading import torch as reader
from netmend.program.reading.torch import write
from netmend.program.source import Program

SEQUENTIAL = """\
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
X, y = torch.randn(64, 8), torch.randint(0, 3, (64,))
model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 3))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), 0.01)
loader = DataLoader(TensorDataset(X, y), batch_size=16, shuffle=True)
for epoch in range(2):
    for xb, yb in loader:
        optimizer.zero_grad()
        loss = criterion(model(xb), yb)
        loss.backward()
        optimizer.step()
"""

MNIST_STYLE = """\
import argparse

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from torch.utils.data import DataLoader, TensorDataset


class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.conv1 = nn.Conv2d(1, 4, 3, 1)
        self.conv2 = nn.Conv2d(4, 8, 3, 1)
        self.dropout1 = nn.Dropout(0.25)
        self.fc1 = nn.Linear(8 * 2 * 2, 16)
        self.fc2 = nn.Linear(16, 10)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = self.conv2(x)
        x = F.max_pool2d(x, 2)
        x = self.dropout1(x)
        x = torch.flatten(x, 1)
        x = F.relu(self.fc1(x))
        x = F.dropout(x, training=self.training)
        return F.log_softmax(self.fc2(x), dim=1)


def train(args, model, train_loader, optimizer, epoch):
    model.train()
    for batch_idx, (data, target) in enumerate(train_loader):
        optimizer.zero_grad()
        output = model(data)
        loss = F.nll_loss(output, target)
        loss.backward()
        optimizer.step()


def test(model, test_loader):
    model.eval()
    with torch.no_grad():
        return sum(F.nll_loss(model(d), t, reduction="sum").item() for d, t in test_loader)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--batch-size", type=int, default=32, metavar="N")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--lr", type=float, default=0.5)
    args = parser.parse_args([])
    x, y = torch.randn(64, 1, 8, 8), torch.randint(0, 10, (64,))
    test_loader = DataLoader(TensorDataset(x, y), batch_size=64)
    train_loader = DataLoader(TensorDataset(x, y), shuffle=True, batch_size=args.batch_size)
    model = Net().to("cpu")
    optimizer = optim.SGD(model.parameters(), lr=args.lr, momentum=0.9, nesterov=True)
    for epoch in range(1, args.epochs + 1):
        train(args, model, train_loader, optimizer, epoch)
        test(model, test_loader)


if __name__ == "__main__":
    main()
"""

SHARED_MODULES = """\
import torch
from torch import nn, optim

class Classifier(nn.Module):
    def __init__(self, hidden=12):
        super().__init__()
        self.fc1 = nn.Linear(6, hidden)
        self.act = nn.Tanh()
        self.drop = nn.Dropout(p=0.2)
        self.fc2 = nn.Linear(hidden, hidden)
        self.out = nn.Linear(hidden, 1)
        self.final = nn.Sigmoid()

    def forward(self, x):
        x = self.drop(self.act(self.fc1(x)))
        x = self.act(self.fc2(x))
        return self.final(self.out(x))

model = Classifier()
X = torch.randn(40, 6)
y = (X.sum(1, keepdim=True) > 0).float()
loss_fn = nn.BCELoss()
opt = optim.RMSprop(model.parameters(), lr=1e-3, alpha=0.9, weight_decay=1e-4)
STEPS = 3
for step in range(STEPS):
    opt.zero_grad()
    pred = model(X)
    loss_fn(pred, y).backward()
    opt.step()
"""

ORDERED_DICT = """\
from collections import OrderedDict
import torch
import torch.nn as nn

net = nn.Sequential(OrderedDict([
    ("fc1", nn.Linear(5, 7)),   # first
    ("relu1", nn.ReLU()),
    ("fc2", nn.Linear(7, 7)),   # second
    ("fc3", nn.Linear(7, 1)),   # output
]))
X = torch.randn(30, 5); y = X[:, :1] * 2
criterion = torch.nn.MSELoss()
optimizer = torch.optim.SGD(net.parameters(), lr = 1e-2)
for epoch in range(3):
    out = net(X)
    loss = criterion(out, y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
"""

FACTORY = """\
import numpy as np
import torch
import torch.nn as nn

BATCH = 10
EPOCHS = 2
LR = 0.05
HIDDEN = 9

def make_model(n_in: int, n_out: int) -> nn.Module:
    return nn.Sequential(
        nn.Linear(n_in, HIDDEN),
        nn.LeakyReLU(0.1),
        nn.Linear(HIDDEN, HIDDEN),
        nn.Linear(HIDDEN, n_out),
        nn.LogSoftmax(dim=1)
    )

x = torch.randn(50, 4)
t = torch.randint(0, 3, (50,))
model = make_model(4, 3)
loss_function = nn.NLLLoss()
optimizer = torch.optim.AdamW(model.parameters(), lr=LR)
for epoch in range(EPOCHS):
    perm = torch.randperm(len(x))
    for start in range(0, len(x), BATCH):
        rows = perm[start:start + BATCH]
        loss = loss_function(model(x[rows]), t[rows])
        model.zero_grad()
        loss.backward()
        optimizer.step()
"""

DIRECT_IMPORTS = """\
import torch
from torch.nn import BCEWithLogitsLoss, Linear, ReLU, Sequential
from torch.optim import SGD

config = {"lr": 0.1, "hidden": 6, "epochs": 2}
data = torch.randn(20, 3)
labels = (data[:, 0] > 0).float().unsqueeze(1)
model = Sequential(
    Linear(3, config["hidden"]),
    ReLU(inplace=True),
    Linear(config["hidden"], 1),
)
objective = BCEWithLogitsLoss(reduction="mean")
sgd = SGD(model.parameters(), lr=config["lr"], momentum=0.5)
for _ in range(config["epochs"]):
    sgd.zero_grad()
    objective(model(data), labels).backward()
    sgd.step()
"""

CONVOLUTIONAL = """\
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

class ConvNet(nn.Module):
\tdef __init__(self, classes: int = 4) -> None:
\t\tsuper().__init__()
\t\tself.features = nn.Sequential(
\t\t\tnn.Conv2d(1, 4, kernel_size=3, padding=1),
\t\t\tnn.BatchNorm2d(4),
\t\t\tnn.ReLU(),
\t\t\tnn.MaxPool2d(2),
\t\t\tnn.Conv2d(in_channels=4, out_channels=8, kernel_size=3, padding=1),
\t\t\tnn.BatchNorm2d(8),
\t\t\tnn.MaxPool2d(2),
\t\t)
\t\tself.classifier = nn.Linear(8 * 2 * 2, classes)
\t\tfor m in self.modules():
\t\t\tif isinstance(m, nn.Conv2d):
\t\t\t\tnn.init.kaiming_normal_(m.weight, mode="fan_out", nonlinearity="relu")
\t\t\t\tnn.init.zeros_(m.bias)

\tdef forward(self, x: torch.Tensor) -> torch.Tensor:
\t\tx = self.features(x)
\t\tx = x.view(x.size(0), -1)
\t\treturn self.classifier(x)

train_set = TensorDataset(torch.rand(24, 1, 8, 8), torch.randint(0, 4, (24,)))
train_loader = DataLoader(train_set, 8, shuffle=True)
net = ConvNet()
criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
optimizer = torch.optim.Adamax(net.parameters())
num_epochs = 1
for epoch in range(num_epochs):
\trunning = 0.0
\tfor i, (inputs, targets) in enumerate(train_loader, 0):
\t\toptimizer.zero_grad()
\t\toutputs = net(inputs)
\t\tloss = criterion(outputs, targets)
\t\tloss.backward()
\t\toptimizer.step()
\t\trunning += loss.item()
"""

MODULE_LIST = """\
import torch

class Deep(torch.nn.Module):
    def __init__(self, depth, width):
        super().__init__()
        self.inp = torch.nn.Linear(4, width)
        self.hidden = torch.nn.ModuleList([torch.nn.Linear(width, width) for _ in range(depth)])
        self.out = torch.nn.Linear(width, 2)

    def forward(self, x):
        x = torch.sigmoid(self.inp(x))
        for layer in self.hidden:
            x = torch.sigmoid(layer(x))
        return self.out(x)

model = Deep(depth=3, width=5)
x = torch.randn(16, 4)
y = torch.randint(0, 2, (16,))
optim = torch.optim.Adagrad(params=model.parameters(), lr=1e-1)
for i in range(4):
    loss = torch.nn.functional.cross_entropy(model(x), y)
    optim.zero_grad()
    loss.backward()
    optim.step()
"""

TENSOR_METHODS = """\
import torch, torch.nn as nn, torch.nn.functional as F

class Regressor(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(3, 8)
        self.b = nn.Linear(8, 8)
        self.c = nn.Linear(8, 1)
    def forward(self, x):
        h = self.a(x).relu()
        h = torch.tanh(
            self.b(h)  # second
        )
        return self.c(h).squeeze(-1)

torch.manual_seed(1)
x = torch.randn(32, 3)
y = x @ torch.tensor([1.0, -2.0, 0.5])
m = Regressor()
o = torch.optim.SGD(m.parameters(), lr=0.1, weight_decay=0.01)
epoch = 0
while epoch < 3:
    o.zero_grad()
    loss = F.mse_loss(m(x), y)
    loss.backward()
    o.step()
    epoch += 1
"""

INITIALISED = """\
import torch
import torch.nn as nn
from torch.nn import functional as F

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(4, 6)
        nn.init.zeros_(self.fc1.weight)
        nn.init.constant_(self.fc1.bias, 0.1)
        self.fc2 = nn.Linear(6, 6)
        nn.init.normal_(self.fc2.weight, mean=0.0, std=1.0)
        self.fc3 = nn.Linear(6, 2)
        self.fc3.weight.data.fill_(0.5)

    def forward(self, x):
        x = F.relu(self.fc1(x))
        x = F.elu(self.fc2(x), alpha=0.5)
        return F.softmax(self.fc3(x), dim=-1)

net = Net()
x, y = torch.randn(12, 4), torch.randint(0, 2, (12,))
loss_fn = nn.CrossEntropyLoss()
optimizer = torch.optim.NAdam(net.parameters(), lr=2e-3)
for epoch in range(2):
    optimizer.zero_grad()
    loss_fn(net(x), y).backward()
    optimizer.step()
"""

LAYER_LIST = """\
import torch
from torch import nn

sizes = [3, 8, 8, 1]
layers = [nn.Linear(3, 8), nn.ReLU()]
layers.append(nn.Linear(8, 8))
layers += [nn.GELU(), nn.Dropout(0.9)]
layers.append(nn.Linear(8, 1))
model = nn.Sequential(*layers)
for m in model:
    if isinstance(m, nn.Linear):
        nn.init.xavier_uniform_(m.weight)
x = torch.randn(21, 3)
y = x.sum(dim=1, keepdim=True)
batch_size = 7
opt = torch.optim.Adam(model.parameters(), lr=3e-4, betas=(0.9, 0.99), eps=1e-7)
for e in range(2):
    for rows in torch.randperm(len(x)).split(batch_size):
        loss = nn.functional.l1_loss(model(x[rows]), y[rows])
        opt.zero_grad(); loss.backward(); opt.step()
"""

WINDOWS_LINES = """\
# Vorsicht: Umlaute äöü before every place, so that bytes and characters differ
import torch
from torch import nn

model = nn.Sequential(
    nn.Linear(4, 8),  # ä eins
    # no activation here
    nn.Linear(8, 8),  # zwei
    nn.ReLU(),  # drei
    nn.Linear(8, 2)  # vier
)
x = torch.randn(16, 4)
y = torch.randint(0, 2, (16,))
kriterium = nn.CrossEntropyLoss()
optimierer = torch.optim.SGD(
    model.parameters(),
    lr=0.1,  # rate
    momentum=0.9,  # schwung
)
for epoche in range(2):
    for i in range(0, 16, 4):
        ergebnis = model(x[i:i+4])
        verlust = kriterium(ergebnis, y[i:i+4])
        optimierer.zero_grad()
        verlust.backward()
        optimierer.step()
""".replace("\n", "\r\n")

SIGMOID_IN_LOOP = """\
import torch

X = torch.randn(24, 2)
Y = (X.prod(1) > 0).float()
model = torch.nn.Sequential(torch.nn.Linear(2, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1))
optimizer = torch.optim.Adadelta(model.parameters())
bce = torch.nn.BCELoss()
n_epochs = 1 + 1
for epoch in range(n_epochs):
    logits = model(X).squeeze(1)
    prob = torch.sigmoid(logits)
    loss = bce(prob, Y)
    accuracy = ((prob > 0.5) == Y.bool()).float().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
"""

NESTED_BLOCKS = """\
import torch
import torch.nn as nn
import torch.optim as optim

class Block(nn.Module):
    def __init__(self, n_in, n_out):
        super().__init__()
        self.fc = nn.Linear(n_in, n_out)
        self.norm = nn.BatchNorm1d(n_out)
        self.act = nn.ReLU()

    def forward(self, x):
        return self.act(self.norm(self.fc(x)))

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.block1 = Block(4, 6)
        self.block2 = Block(6, 6)
        self.head = nn.Sequential(nn.Dropout(), nn.Linear(6, 3), nn.Softmax(dim=1))

    def forward(self, x):
        x = self.block1(x)
        x = self.block2(x)
        return self.head(x)

class Trainer:
    def __init__(self, model, lr=0.01):
        self.model = model
        self.loss_fn = nn.CrossEntropyLoss()
        self.optimizer = optim.Adam(self.model.parameters(), lr=lr)

    def step(self, x, y):
        self.optimizer.zero_grad()
        loss = self.loss_fn(self.model(x), y)
        loss.backward()
        self.optimizer.step()

    def fit(self, x, y, epochs=5):
        for epoch in range(epochs):
            self.step(x, y)

trainer = Trainer(Net())
trainer.fit(torch.randn(9, 4), torch.randint(0, 3, (9,)), epochs=2)
"""

RECURRENT = """\
import torch
import torch.nn as nn

class Tagger(nn.Module):
    def __init__(self, vocabulary=20, dim=6, hidden=5, classes=2):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, dim)
        self.lstm = nn.LSTM(dim, hidden, batch_first=True)
        self.fc = nn.Linear(hidden, classes)
        self.criterion = nn.CrossEntropyLoss()

    def forward(self, x):
        out, (h, c) = self.lstm(self.embedding(x))
        return self.fc(out[:, -1])

model = Tagger()
optimizer = torch.optim.Adam(model.parameters(), lr=10.0)
x = torch.randint(0, 20, (8, 7))
y = torch.randint(0, 2, (8,))
loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, y), shuffle=True)
for epoch in range(1, 3):
    model.train()
    for xb, yb in loader:
        model.zero_grad()
        loss = model.criterion(model(xb), yb)
        loss.backward()
        optimizer.step()
"""

PROGRAMS = {name: value for name, value in globals().items() if name.isupper() and isinstance(value, str)}

# Values to try beside those that an element offers; what PyTorch cannot do is among them on purpose.
VALUES: dict[str, tuple[Value, ...]] = {
    "layer": (None,),
    "activation": (
        "linear", "relu", "sigmoid", "tanh", "softmax", "log_softmax", "leaky_relu", "elu", "selu", "gelu", "silu",
        "softplus", "softsign", "hard_sigmoid", "exponential", "unheard_of",
    ),
    "initialiser": (
        "default", "zeros", "ones", "constant(0.25)", "random_normal", "random_normal(0.0, 0.02)", "random_uniform",
        "truncated_normal", "glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "orthogonal", "lecun_normal",
    ),
    "loss": (
        "sparse_categorical_crossentropy(from_logits)", "negative_log_likelihood", "binary_crossentropy",
        "binary_crossentropy(from_logits)", "mean_squared_error", "mean_absolute_error", "huber", "categorical_hinge",
        "kullback_leibler_divergence", "poisson", "categorical_crossentropy",
    ),
    "optimiser": (
        "sgd", "adam", "adamw", "rmsprop", "adagrad", "adadelta", "adamax", "nadam", "radam", "lbfgs", "ftrl",
    ),
    "learning-rate": (1e-05, 0.003, 1.5),
    "regulariser": ("none", "l2(0.05)", "l1(0.01)"),
    "batch-size": (3, 128),
    "epochs": (1, 7),
    "units": (5, 11),
    "dropout-rate": (0.05, 0.3),
}  # fmt: skip

# Kinds whose elements a change of a kind may add, take away or give another default.
RELATED = {
    "layer": {
        "layer", "activation", "dropout-rate", "normalisation", "layer-repeats", "softmax-dim", "sequence-axis",
        "train-mode",
    },
    "activation": {"activation", "layer", "layer-repeats", "softmax-dim"},
    "units": {"units", "layer-repeats", "normalisation"},
    "optimiser": {"optimiser", "regulariser", "learning-rate", "momentum", "betas"},
    "loss": {"loss", "class-weight"},
}  # fmt: skip
OF_LAYERS = {"layer", "units", "activation", "initialiser", "bias-initialiser"}
ADDING = {"normalisation", "dropout-rate", "layer-repeats", "input-scaling"}
RELATED |= dict.fromkeys(sorted(ADDING), OF_LAYERS | ADDING | {"train-mode"})


def spliced(text: str, edits: tuple[Edit, ...]) -> str:
    """Edits applied one by one from the end of the text."""
    for edit in sorted(edits, reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


@pytest.mark.parametrize("name", PROGRAMS)
def test_most_of_what_elements_offer_can_be_written(name: str) -> None:
    program = Program.from_text(PROGRAMS[name])
    offered = [(element, value) for element in read(program) for value in values_of(element)]
    written = {(element.id, value) for element, value, _ in changes(program)}
    refused = [(element, value) for element, value in offered if (element.id, value) not in written]
    # Not: units before a product, layers no name reaches, modules for exponential.
    assert {element.kind for element, _ in refused} <= {
        "units", "initialiser", "bias-initialiser", "activation", "normalisation", "dropout-rate", "input-scaling"
    }  # fmt: skip
    assert {value for element, value in refused if element.kind == "activation"} <= {"exponential"}


def read(program: Program) -> tuple[Element, ...]:
    """The elements of these programs, all of which train."""
    return tuple(element for element in reader.read(program) if not element.crashed_only)


def comments(text: str) -> list[str]:
    return [
        token.string for token in tokenize.generate_tokens(io.StringIO(text).readline) if token.type == tokenize.COMMENT
    ]


def changes(program: Program) -> list[tuple[Element, Value, tuple[Edit, ...]]]:
    """Every change that can be written."""
    found = []
    for element in read(program):
        for value in dict.fromkeys((*values_of(element), *VALUES.get(element.kind, ()))):
            if value != element.value:
                try:
                    found.append((element, value, write(program, element, value)))
                except Unchangeable as reason:
                    assert reason.what and reason.where
    return found


@pytest.mark.parametrize("name", PROGRAMS)
def test_text_and_place_of_every_element_are_those_of_the_source(name: str) -> None:
    text = PROGRAMS[name]
    for element in read(Program.from_text(text)):
        assert text[element.start : element.end] == element.text
        assert element.absent == (element.text == "")
        lines = text[: element.start].split("\n")
        assert (element.place.line, element.place.column) == (len(lines), len(lines[-1]) + 1)


@pytest.mark.parametrize("name", PROGRAMS)
def test_no_two_elements_of_a_program_share_an_id(name: str) -> None:
    identities = [element.id for element in read(Program.from_text(PROGRAMS[name]))]
    assert len(identities) == len(set(identities))


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_change_compiles_and_keeps_all_text_outside_its_edits(name: str) -> None:
    program = Program.from_text(PROGRAMS[name])
    written = changes(program)
    assert len(written) > 30
    for element, value, edits in written:
        ordered = sorted(edits)
        assert all(a.end <= b.start for a, b in pairwise(ordered)), (element.label, value)
        text = spliced(program.main.text, edits)
        assert program.patched(edits).main.text == text
        compile(text, "train.py", "exec")
        # What is taken out takes the comment on its line with it: a layer, an argument the new optimiser lacks.
        if value not in ("linear", "default", None) and element.kind != "optimiser":
            assert comments(text) == comments(program.main.text), (element.label, value)
        assert "\r\n" not in PROGRAMS[name] or text.count("\n") == text.count("\r\n")


@pytest.mark.parametrize("name", PROGRAMS)
def test_reading_a_changed_program_gives_the_new_value_and_leaves_other_kinds_alone(name: str) -> None:
    program = Program.from_text(PROGRAMS[name])
    before = read(program)
    for element, value, edits in changes(program):
        after = read(program.patched(edits))
        related = RELATED.get(element.kind, {element.kind})
        others = [[(each.kind, each.value) for each in all_ if each.kind not in related] for all_ in (before, after)]
        assert others[0] == others[1], (element.label, value)
        values = [[each.value for each in all_ if each.kind == element.kind] for all_ in (before, after)]
        if value in ("linear", None):
            assert values[1].count(element.value) < values[0].count(element.value), (element.label, value)
        else:
            assert values[1].count(value) > values[0].count(value), (element.label, value)


@pytest.mark.torch
@pytest.mark.parametrize("name", PROGRAMS)
def test_numbers_of_layers_are_those_of_the_leaf_modules(name: str) -> None:
    torch = pytest.importorskip("torch")
    made = executed(PROGRAMS[name])
    modules = [value for value in made.values() if isinstance(value, torch.nn.Module) and list(value.children())]
    model = modules[0] if modules else made["Net"]()  # type: ignore[operator]
    leaves = [type(module).__name__ for module in model.modules() if not list(module.children())]
    found = {
        element.layer: element.value for element in read(Program.from_text(PROGRAMS[name])) if element.kind == "layer"
    }
    assert None not in found
    assert all(leaves[number] == kind for number, kind in found.items() if number is not None)
    # The same text makes several layers, of which it counts as the first; a loss is no layer.
    others = {"MODULE_LIST": {2, 3}, "NESTED_BLOCKS": {3, 4, 5}, "RECURRENT": {3}}.get(name, set())
    assert set(found) == set(range(len(leaves))) - others


@pytest.mark.torch
@pytest.mark.parametrize("name", PROGRAMS)
def test_changed_programs_train(name: str) -> None:
    pytest.importorskip("torch")
    program = Program.from_text(PROGRAMS[name])
    tried = set()
    for element, _, edits in changes(program):
        # A loss fixes the form of the labels and the range of the outputs, so that not every pair of them can run.
        ends = element.kind in ("activation", "layer", "units") and element.role == "output"
        free = element.kind not in ("loss", "loss-target") and not ends
        if free and (element.id not in tried or element.kind in ("activation", "optimiser", "initialiser")):
            tried.add(element.id)
            executed(program.patched(edits).main.text)


def executed(text: str) -> dict[str, object]:
    """The names a program leaves behind."""
    names: dict[str, object] = {"__name__": "__main__"}
    exec(compile(text, "train.py", "exec"), names)
    return names
