"""Sequences in the torch probe: what is a row, where its labels are, which of its positions count.

The measured accuracy is compared with the one that each program computes and prints itself.
"""

import numpy as np
import pytest

from netmend.training import channel
from netmend.training.answers import load
from netmend.training.evaluation import choose_metric, whole_score

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

START = """
import torch, torch.nn as nn, torch.nn.functional as F
from torch.nn.utils.rnn import pack_sequence, pad_packed_sequence, pad_sequence
from torch.utils.data import DataLoader, TensorDataset
torch.manual_seed(7)
text = torch.randint(3, (1200,)).cumsum(0) % 9
class Net(nn.Module):
    def __init__(self, batch_first=True):
        super().__init__()
        self.words, self.rnn, self.last = nn.Embedding(9, 8), nn.GRU(8, 12, batch_first=batch_first), nn.Linear(12, 9)
    def forward(self, x, state=None):
        return self.last(self.rnn(self.words(x), state)[0])
"""

STEP = "loss.backward(); optimizer.step(); optimizer.zero_grad()"

PROGRAMS = {
    "labels in one line": f"""
X, Y = text[:1190].view(-1, 10), text[1:1191].view(-1, 10)
train, test = DataLoader(TensorDataset(X[:80], Y[:80]), 16), DataLoader(TensorDataset(X[80:], Y[80:]), 16)
model = Net()
optimizer, criterion = torch.optim.Adam(model.parameters(), 0.01), nn.CrossEntropyLoss()
for epoch in range(2):
    for x, y in train:
        loss = criterion(model(x).view(-1, 9), y.view(-1))
        {STEP}
model.eval()
with torch.no_grad():
    print((model(X[80:]).argmax(-1) == Y[80:]).float().mean().item())
    [model(x) for x, y in test]
""",
    "answers in one line, steps first": f"""
columns = text[:1000].view(10, -1).t().contiguous()
tests = text[1000:1200].view(4, -1).t().contiguous()
class Line(Net):
    def forward(self, x, state):
        h, state = self.rnn(self.words(x), state)
        return self.last(h).view(-1, 9), state
model = Line(batch_first=False)
optimizer, criterion = torch.optim.Adam(model.parameters(), 0.01), nn.CrossEntropyLoss()
def batch(source, i, width=8):
    n = min(width, len(source) - 1 - i)
    return source[i : i + n], source[i + 1 : i + 1 + n].view(-1)
def evaluate(source):
    model.eval()
    state, right, count = None, 0, 0
    with torch.no_grad():
        for i in range(0, len(source) - 1, 8):
            data, targets = batch(source, i)
            output, state = model(data, state)
            criterion(output, targets)
            right, count = right + (output.argmax(1) == targets).sum().item(), count + len(targets)
    return right / count
for epoch in range(2):
    model.train()
    for i in range(0, len(columns) - 1, 8):
        data, targets = batch(columns, i)
        output, _ = model(data, None)
        loss = criterion(output, targets)
        {STEP}
    accuracy = evaluate(tests)
print(accuracy)
""",
    "padded, labels passed over": f"""
def collate(rows):
    xs, ys = zip(*rows)
    return pad_sequence(xs, batch_first=True), pad_sequence(ys, batch_first=True, padding_value=-1)
rows = [(text[i * 9 : i * 9 + 3 + i % 5], text[i * 9 + 1 : i * 9 + 4 + i % 5]) for i in range(120)]
rows = sorted(rows[:80], key=lambda row: len(row[0])) + sorted(rows[80:], key=lambda row: len(row[0]))
train, test = DataLoader(rows[:80], 16, collate_fn=collate), DataLoader(rows[80:], 8, collate_fn=collate)
model = Net()
optimizer, criterion = torch.optim.Adam(model.parameters(), 0.01), nn.CrossEntropyLoss(ignore_index=-1)
for epoch in range(2):
    for x, y in train:
        loss = criterion(model(x).reshape(-1, 9), y.reshape(-1))
        {STEP}
model.eval()
right = count = 0
with torch.no_grad():
    for x, y in test:
        right += ((model(x).argmax(-1) == y) & (y != -1)).sum().item()
        count += (y != -1).sum().item()
print(right / count)
""",
    "packed sequences": f"""
class Packed(Net):
    def forward(self, packed):
        out, lengths = pad_packed_sequence(self.rnn(packed)[0], batch_first=True)
        return self.last(out[torch.arange(len(lengths)), lengths - 1])
def collate(rows):
    rows = sorted(rows, key=lambda row: -len(row[0]))
    return pack_sequence([x for x, _ in rows]), torch.tensor([y for _, y in rows])
rows = [(torch.randn(3 + i % 5, 8), i % 5) for i in range(120)]
train, test = DataLoader(rows[:80], 16, collate_fn=collate), DataLoader(rows[80:], 8, collate_fn=collate)
model = Packed()
optimizer = torch.optim.Adam(model.parameters(), 0.01)
for epoch in range(2):
    for x, y in train:
        loss = F.cross_entropy(model(x), y)
        {STEP}
model.eval()
with torch.no_grad():
    print(sum((model(x).argmax(1) == y).sum().item() for x, y in test) / 40)
""",
    "labels are the inputs one step later": f"""
data = text.view(-1, 10)
train, test = DataLoader(TensorDataset(data[:80]), 16), DataLoader(TensorDataset(data[80:]), 16)
model = Net()
optimizer, criterion = torch.optim.Adam(model.parameters(), 0.01), nn.CrossEntropyLoss()
for epoch in range(2):
    for (t,) in train:
        loss = criterion(model(t[:, :-1]).reshape(-1, 9), t[:, 1:].reshape(-1))
        {STEP}
model.eval()
right = 0
with torch.no_grad():
    for (t,) in test:
        out = model(t[:, :-1])
        criterion(out.reshape(-1, 9), t[:, 1:].reshape(-1))
        right += (out.argmax(-1) == t[:, 1:]).sum().item()
print(right / (9 * (len(data) - 80)))
""",
    "the model computes its loss": f"""
torch.manual_seed(1)
class Own(Net):
    def forward(self, x, targets=None):
        logits = super().forward(x).view(-1, 9)
        return logits, None if targets is None else F.cross_entropy(logits, targets.view(-1))
def get_batch(split):
    data = text[:900] if split == "train" else text[900:]
    starts = torch.randint(len(data) - 11, (16,))
    return torch.stack([data[i : i + 10] for i in starts]), torch.stack([data[i + 1 : i + 11] for i in starts])
model = Own()
optimizer = torch.optim.Adam(model.parameters(), 0.01)
def estimate():
    model.eval()
    right = {{"train": 0, "val": 0}}
    with torch.no_grad():
        for split in ["val", "train"]:
            for _ in range(5):
                X, Y = get_batch(split)
                logits, loss = model(X, Y)
                right[split] += (logits.argmax(1) == Y.view(-1)).sum().item()
    model.train()
    return right["val"] / 800
for step in range(40):
    x, y = get_batch("train")
    _, loss = model(x, y)
    {STEP}
    if step % 20 == 19:
        accuracy = estimate()
print(accuracy)
""",
    "batches that are objects": f"""
from dataclasses import dataclass
@dataclass
class Batch:
    x: torch.Tensor
    y: torch.Tensor
    names: list
def collate(rows):
    return Batch(torch.stack([r[0] for r in rows]), torch.tensor([r[1] for r in rows]), [r[2] for r in rows])
rows = [(torch.randn(8), i % 3, str(i)) for i in range(120)]
class Flat(nn.Module):
    def __init__(self):
        super().__init__()
        self.last = nn.Linear(8, 3)
    def forward(self, batch):
        return self.last(batch.x)
train, test = DataLoader(rows[:80], 16, collate_fn=collate), DataLoader(rows[80:], 16, collate_fn=collate)
model = Flat()
optimizer = torch.optim.Adam(model.parameters(), 0.01)
for epoch in range(2):
    for batch in train:
        loss = F.cross_entropy(model(batch), batch.y)
        {STEP}
model.eval()
with torch.no_grad():
    print(sum((model(batch).argmax(1) == batch.y).sum().item() for batch in test) / 40)
""",
}

ROWS = {  # rows of each program's evaluation, and the labels of each row
    "labels in one line": (39, (10,)),
    "answers in one line, steps first": (28, (8,)),
    "padded, labels passed over": (40, (7,)),
    "packed sequences": (40, ()),
    "labels are the inputs one step later": (40, (9,)),
    "the model computes its loss": (80, (10,)),
    "batches that are objects": (40, ()),
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory, forked):
    jobs, home = {}, tmp_path_factory.mktemp("runs")
    for number, (name, text) in enumerate(PROGRAMS.items()):
        folder = home / str(number)
        folder.mkdir()
        (folder / "train.py").write_text(START + text)
        same = {"folder": str(folder), "result": str(folder), "script": "train.py", "seed": 3, "nonce": "feedbeef"}
        kept = {"checkpoint_in": None, "checkpoint_out": None, "initial_epoch": 0}
        jobs[name] = {**same, **kept, "detail": "full", "hold_out": 0.0, "watched": True}
    return forked(jobs, home)


@pytest.mark.parametrize("name", PROGRAMS)
def test_rows_are_sequences_and_the_accuracy_is_the_program_s_own(runs, name):
    output = (runs[name] / "output.txt").read_text()
    trace = channel.read(runs[name], "feedbeef")
    assert trace is not None and trace.evaluation is not None, output
    assert not [text for text in trace.warnings if "failed" in text]
    rows = load(trace.evaluation)
    assert (len(rows.y_true), rows.y_true.shape[1:]) == ROWS[name]
    assert len(np.unique(rows.row_hash)) > 0.5 * len(rows.row_hash)
    metric, _ = choose_metric([trace])
    assert metric.name == "accuracy"
    assert whole_score(trace, metric) == pytest.approx(float(output.splitlines()[-1]), abs=1e-6)


def test_epochs_are_not_made_of_the_labels_that_look_like_a_batch(runs):
    trace = channel.read(runs["the model computes its loss"], "feedbeef")
    assert [epoch.updates for epoch in trace.epochs] == [20, 20]
