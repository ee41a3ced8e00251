"""The torch probe on training loops as people write them, each run by the real launcher in a process of its own."""

import math
import tempfile
from pathlib import Path

import numpy as np
import pytest

from netmend.training import channel
from netmend.training.answers import load

pytestmark = pytest.mark.torch
pytest.importorskip("torch")

DATA = """
import torch, torch.nn as nn, torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset
g = torch.Generator().manual_seed(7)
X = torch.randn(240, 6, generator=g)
label = X[:, :3].argmax(1)
X_train, X_test, y_train, y_test = X[:160], X[160:], label[:160], label[160:]
def net(out=3):
    return nn.Sequential(nn.Linear(6, 12), nn.ReLU(), nn.Linear(12, out))
"""

PROGRAMS = {
    "never back in training mode": """
model = nn.Sequential(nn.Linear(6, 12), nn.ReLU(), nn.Dropout(0.1), nn.Linear(12, 3))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
def check():
    model.eval()
    with torch.no_grad():
        print("right", (model(X_test).argmax(1) == y_test).sum().item())
check()
for epoch in range(4):
    order = torch.randperm(160)
    for i in range(0, 160, 32):
        rows = order[i : i + 32]
        optimizer.zero_grad()
        loss = F.cross_entropy(model(X_train[rows]), y_train[rows])
        loss.backward()
        optimizer.step()
        print("loss", repr(loss.item()))
    check()
""",
    "loaders in functions": """
train_loader = DataLoader(TensorDataset(X_train, y_train), batch_size=32, shuffle=True)
test_loader = DataLoader(TensorDataset(X_test, y_test), batch_size=50)
model = nn.Sequential(nn.Linear(6, 12), nn.BatchNorm1d(12), nn.ReLU(), nn.Dropout(0.3), nn.Linear(12, 3))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 2, 0.5)
criterion = nn.CrossEntropyLoss()
def train():
    model.train()
    for inputs, targets in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(inputs), targets)
        loss.backward()
        optimizer.step()
        print("loss", repr(loss.item()))
def test(loader):
    model.eval()
    right = 0
    with torch.no_grad():
        for inputs, targets in loader:
            output = model(inputs)
            criterion(output, targets)
            right += (output.argmax(1) == targets).sum().item()
    print("right", right)
for epoch in range(5):
    train()
    test(test_loader)
    test(train_loader)
    scheduler.step()
second = net()
adam = torch.optim.Adam(second.parameters(), 0.01)
for inputs, targets in train_loader:
    adam.zero_grad(); loss = criterion(second(inputs), targets); loss.backward(); adam.step()
    print("loss", repr(loss.item()))
print("random", repr(torch.rand(1).item()))
""",
    "full batch": """
model = net()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for step in range(1500):
    loss = F.cross_entropy(model(X_train), y_train)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print("loss", repr(loss.item()))
model.eval()
with torch.no_grad():
    correct = (model(X_test).argmax(dim=1) == y_test).float().mean()
""",
    "manual slices, binary logits": """
y_train, y_test = (y_train > 0).float().unsqueeze(1), (y_test > 0).float().unsqueeze(1)
model = net(1)
opt = torch.optim.RMSprop(model.parameters(), lr=0.01)
loss_fn = nn.BCEWithLogitsLoss()
for epoch in range(4):
    for i in range(0, len(X_train), 50):
        Xb, yb = X_train[i:i + 50], y_train[i:i + 50]
        loss = loss_fn(model(Xb), yb)
        opt.zero_grad(); loss.backward(); opt.step()
    model.eval()
    with torch.no_grad():
        val_loss = loss_fn(model(X_test), y_test)
    model.train()
""",
    "custom regression loss on shuffled rows": """
y = X @ torch.arange(6.0) / 3
del X_train, X_test, y_train, y_test
train_x, test_x, train_y, test_y = X[:160], X[160:], y[:160], y[160:]
model = nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
def fit():
    for epoch in range(3):
        order = torch.randperm(len(train_x))
        for start in range(0, len(train_x), 40):
            rows = order[start:start + 40]
            error = model(train_x[rows]).squeeze(1) - train_y[rows]
            loss = (error ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
fit()
model.eval()
with torch.no_grad():
    guess = model(test_x).squeeze(1)
print((guess - test_y).abs().mean())
""",
    "eval forgotten": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden, self.drop, self.last = nn.Linear(6, 16), nn.Dropout(0.5), nn.Linear(16, 3)
    def forward(self, x):
        return F.log_softmax(self.last(F.relu(self.hidden(x))), dim=1)
class Trainer:
    def __init__(self):
        self.model = Net()
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=0.02)
        self.loader = DataLoader(TensorDataset(X_train, y_train), batch_size=16, shuffle=True)
    def run(self):
        for epoch in range(3):
            for x, y in self.loader:
                self.optimizer.zero_grad()
                F.nll_loss(self.model(x), y).backward()
                self.optimizer.step()
    @torch.no_grad()
    def test(self):
        right = 0
        for i in range(0, len(X_test), 30):
            pred = self.model(X_test[i:i + 30]).argmax(1)
            right += (pred == y_test[i:i + 30]).sum()
        return right
trainer = Trainer()
trainer.run()
trainer.test()
""",
    "one helper for both": """
model = net()
optimizer = torch.optim.Adam(model.parameters(), lr=0.02, weight_decay=0.02)
train_loader = DataLoader(TensorDataset(X_train, y_train), batch_size=20)
def accuracy(features, labels):
    model.eval()
    with torch.no_grad():
        return (model(features).argmax(1) == labels).float().mean().item()
for epoch in range(3):
    model.train()
    for xb, yb in train_loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(xb), yb)
        loss.backward()
        optimizer.step()
print(accuracy(X_train, y_train), accuracy(X_test, y_test))
with torch.no_grad():
    print(model(X_test[:3]))
""",
    "no evaluation": """
loader = DataLoader(TensorDataset(X, label), batch_size=20, shuffle=True)
model = net()
optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
for epoch in range(2):
    for xb, yb in loader:
        loss = nn.CrossEntropyLoss()(model(xb), yb)
        optimizer.zero_grad(); loss.backward(); optimizer.step()
""",
    "only training rows": """
model = net()
optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
for epoch in range(3):
    loss = F.cross_entropy(model(X_train), y_train)
    optimizer.zero_grad(); loss.backward(); optimizer.step()
    with torch.no_grad():
        print((model(X_train).argmax(1) == y_train).sum())
""",
    "no optimiser of torch": """
model = net()
with torch.no_grad():
    model(X_test)
loss = F.cross_entropy(model(X_train), y_train)
loss.backward()
""",
    "zero weights, bare parameters, closure": """
model = net()
for layer in (model[0], model[2]):
    nn.init.zeros_(layer.weight)
optimizer = torch.optim.LBFGS(model.parameters(), lr=0.5, max_iter=2)
def closure():
    optimizer.zero_grad()
    loss = F.cross_entropy(model(X_train), y_train)
    loss.backward()
    return loss
for epoch in range(3):
    optimizer.step(closure)
w = torch.zeros(6, requires_grad=True)
sgd = torch.optim.SGD([w], lr=0.1)
for step in range(5):
    loss = (X_train @ w - 1).abs().mean()
    sgd.zero_grad(); loss.backward(); sgd.step()
""",
    "arrays of NumPy": """
Xn, yn = X.double().numpy(), label.numpy()
X_train, X_test, y_train, y_test = Xn[:160], Xn[160:], yn[:160], yn[160:]
del X, Xn, yn, label
model = net()
optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
for epoch in range(4):
    for i in range(0, 160, 40):
        xb = torch.tensor(X_train[i:i + 40], dtype=torch.float32)
        yb = torch.tensor(y_train[i:i + 40])
        optimizer.zero_grad()
        loss = F.cross_entropy(model(xb), yb)
        loss.backward()
        optimizer.step()
model.eval()
with torch.no_grad():
    out = model(torch.from_numpy(X_test).float())
print((out.argmax(1).numpy() == y_test).mean())
""",
    "evaluated as in training": """
model = net()
optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
for epoch in range(40):
    loss = F.cross_entropy(model(X_train), y_train)
    optimizer.zero_grad(); loss.backward(); optimizer.step()
pred = model(X_test).argmax(1)
print((pred == y_test).float().mean())
""",
    "stream of rows": """
class Stream(torch.utils.data.IterableDataset):
    def __iter__(self): return zip(X_train, y_train)
model = net()
optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
for epoch in range(3):
    for xb, yb in DataLoader(Stream(), batch_size=40):
        loss = F.cross_entropy(model(xb), yb)
        optimizer.zero_grad(); loss.backward(); optimizer.step()
model.eval()
with torch.no_grad():
    print((model(X_test).argmax(1) == y_test).float().mean())
""",
    "two optimisers": """
model = net()
first = torch.optim.Adam(model[0].parameters(), lr=0.02)
second = torch.optim.Adam(model[2].parameters(), lr=0.01)
for epoch in range(3):
    for i in range(0, 160, 40):
        loss = F.cross_entropy(model(X_train[i:i + 40]), y_train[i:i + 40])
        first.zero_grad(); second.zero_grad()
        loss.backward()
        first.step(); second.step()
model.eval()
with torch.no_grad():
    print((model(X_test).argmax(1) == y_test).float().mean())
""",
    "loop left early, dictionary batches": """
class Rows(torch.utils.data.Dataset):
    def __init__(self, rows): self.rows = rows
    def __len__(self): return len(self.rows)
    def __getitem__(self, n): return {"x": X[self.rows[n]], "label": int(label[self.rows[n]]), "number": n}
train, test = DataLoader(Rows(range(160)), 16, shuffle=True, num_workers=1), DataLoader(Rows(range(160, 240)), 16)
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = net()
    def forward(self, x=None): return self.layers(x)
model = Net()
optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
for epoch in range(3):
    model.train()
    for n, batch in enumerate(train):
        if n == 8: break
        loss = F.cross_entropy(model(x=batch["x"]), batch["label"])
        optimizer.zero_grad(); loss.backward(); optimizer.step()
    model.eval()
    with torch.inference_mode():
        print(sum((model(x=batch["x"]).argmax(1) == batch["label"]).sum() for batch in test))
    import copy, io
    copy.deepcopy(model), torch.save(model, io.BytesIO())
""",
    "sigmoid before a loss on logits": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = net(1)
    def forward(self, x): return torch.sigmoid(self.layers(x))
y_train, y_test = (y_train > 0).float(), (y_test > 0).float()
model = Net()
optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
for epoch in range(3):
    loss = F.binary_cross_entropy_with_logits(model(X_train)[:, 0], y_train)
    optimizer.zero_grad(); loss.backward(); optimizer.step()
with torch.no_grad():
    y_pred = model(X_test)[:, 0]
print((y_pred.round() == y_test).float().mean())
""",
    "steps before rows": """
train, test = DataLoader(TensorDataset(X_train, y_train), 32), DataLoader(TensorDataset(X_test, y_test), 32)
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = net()
    def forward(self, x): return self.layers(x.permute(1, 0, 2).flatten(1))
model = Net()
optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
for epoch in range(3):
    model.train()
    for xb, yb in train:
        loss = F.cross_entropy(model(xb.view(-1, 3, 2).permute(1, 0, 2)), yb)
        optimizer.zero_grad(); loss.backward(); optimizer.step()
    model.eval()
    with torch.no_grad():
        print(sum((model(xb.view(-1, 3, 2).permute(1, 0, 2)).argmax(1) == yb).sum() for xb, yb in test))
""",
    "words of all rows in one line": """
def collate(numbers):
    words = [torch.tensor([int(label[n])] * (1 + n % 3) + [3 + n]) for n in numbers]
    starts = torch.tensor([0, *map(len, words)][:-1]).cumsum(0)
    return label[numbers], torch.cat(words), starts
train, test = DataLoader(range(160), 32, collate_fn=collate), DataLoader(range(160, 240), 32, collate_fn=collate)
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.words, self.last = nn.EmbeddingBag(243, 12), nn.Linear(12, 3)
    def forward(self, words, starts): return self.last(self.words(words, starts))
model = Net()
optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
for epoch in range(3):
    model.train()
    for yb, words, starts in train:
        loss = F.cross_entropy(model(words, starts), yb)
        optimizer.zero_grad(); loss.backward(); optimizer.step()
    model.eval()
    with torch.no_grad():
        print(sum((model(words, starts).argmax(1) == yb).sum() for yb, words, starts in test))
""",
}


# Put before a program: no function that the probe calls in its own files does its work.
BREAK = """
import sys
def broken(*args, **kwargs):
    raise NameError("broken on purpose")
ours = [module for name, module in sys.modules.items() if name.startswith("netmend_probes.torch_probe.")]
for module in ours:
    for name, value in list(vars(module).items()):
        if type(value) is type(broken) and value.__module__.startswith("netmend_probes.") and name != "own":
            setattr(module, name, broken)
assert len(ours) > 9
"""


def job(home, name, watched=True, hold_out=0.0, before=""):
    folder = Path(tempfile.mkdtemp(dir=home))
    (folder / "train.py").write_text(before + DATA + PROGRAMS[name])
    return {
        "watched": watched,
        "folder": str(folder),
        "result": str(folder),
        "script": "train.py",
        "seed": 3,
        "nonce": "feedbeef",
        "detail": "full",
        "hold_out": hold_out,
        "checkpoint_in": None,
        "checkpoint_out": None,
        "initial_epoch": 0,
    }


@pytest.fixture(scope="module")
def runs(tmp_path_factory, forked):
    folder = tmp_path_factory.mktemp("runs")
    jobs = {name: job(folder, name) for name in PROGRAMS}
    jobs |= {f"plain {name}": job(folder, name, watched=False) for name in ("loaders in functions", "full batch")}
    jobs |= {f"broken {name}": job(folder, name, before=BREAK) for name in ("loaders in functions", "full batch")}
    jobs |= {"held out": job(folder, "no evaluation", hold_out=0.25)}
    return forked(jobs, folder)


def trace(folder):
    found = channel.read(folder, "feedbeef")
    assert found is not None, (folder / "output.txt").read_text()
    assert not [text for text in found.warnings if "failed" in text]
    return found


def events(folder, kind):
    return [event for event in channel.events(folder, "feedbeef").events if event["event"] == kind]


def printed(folder):
    return [
        line for line in (folder / "output.txt").read_text().splitlines() if line.startswith(("loss", "right", "ran"))
    ]


@pytest.mark.parametrize("name", ["loaders in functions", "full batch"])
def test_losses_and_random_numbers_are_the_same_with_and_without_the_probe(runs, name):
    assert printed(runs[name]) == printed(runs[f"plain {name}"])
    assert len(printed(runs[name])) > 30


@pytest.mark.parametrize("name", ["loaders in functions", "full batch"])
def test_no_failure_of_the_probe_itself_changes_the_program(runs, name):
    assert printed(runs[f"broken {name}"]) == printed(runs[f"plain {name}"])
    assert any("broken on purpose" in error["error"] for error in events(runs[f"broken {name}"], "probe-error"))


def test_an_epoch_is_a_pass_over_the_loader_and_its_loss_the_mean_over_rows(runs):
    found = trace(runs["loaders in functions"])
    assert [epoch.updates for epoch in found.epochs] == [5] * 5
    losses = [float(line.split()[1]) for line in printed(runs["loaders in functions"]) if line.startswith("loss")]
    assert found.series("loss") == pytest.approx([np.mean(losses[5 * e : 5 * e + 5]) for e in range(5)])
    assert [epoch.learning_rate for epoch in found.epochs] == [0.1, 0.1, 0.05, 0.05, 0.025]
    assert len(found.series("val_loss")) == 5
    assert (found.batch_size, found.shuffled, found.updates, found.models_trained) == (32, True, 25, 2)


def test_loss_optimiser_and_layers_are_named_canonically(runs):
    found = trace(runs["loaders in functions"])
    assert (found.loss, found.loss_from_logits, found.optimiser) == ("sparse_categorical_crossentropy", True, "sgd")
    assert [layer.kind for layer in found.layers] == ["Linear", "BatchNorm1d", "ReLU", "Dropout", "Linear"]
    assert [layer.activation for layer in found.layers] == ["", "", "relu", "", ""]
    assert [layer.role for layer in found.layers] == ["input", "hidden", "hidden", "hidden", "output"]
    assert [layer.units for layer in found.layers] == [12, 12, 0, 0, 3]
    assert found.layers[0].parameters == 84 and found.parameters == 84 + 24 + 39
    assert found.layers[3].rate == 0.3


def test_the_outputs_of_a_sigmoid_are_no_logits_whatever_the_loss_takes_them_for(runs):
    found = trace(runs["sigmoid before a loss on logits"])
    assert found.loss_from_logits and found.evaluation is not None and not found.evaluation.logits
    found = trace(runs["loaders in functions"])
    assert found.loss_from_logits and found.evaluation is not None and found.evaluation.logits


def test_training_data_are_described(runs):
    found = trace(runs["full batch"])
    assert found.inputs is not None and (found.inputs.rows, found.inputs.shape) == (160, (6,))
    assert found.labels is not None and (found.labels.distinct, found.labels.integral) == (3, True)


@pytest.mark.parametrize(
    ("name", "origin"),
    [
        ("loaders in functions", "eval-mode loader"),
        ("full batch", "eval-mode tensors"),
        ("eval forgotten", "eval-mode tensors"),
        ("one helper for both", "eval-mode tensors"),
        ("arrays of NumPy", "eval-mode tensors"),
        ("evaluated as in training", "eval-mode tensors"),
        ("loop left early, dictionary batches", "eval-mode loader"),
        ("steps before rows", "eval-mode loader"),
        ("words of all rows in one line", "eval-mode loader"),
    ],
)
def test_the_test_rows_and_their_labels_are_found(runs, name, origin):
    found = trace(runs[name])
    assert found.evaluation is not None, found.no_evaluation
    rows = load(found.evaluation)
    assert (found.evaluation.origin, len(rows.y_true)) == (origin, 80)
    torch = pytest.importorskip("torch")
    x = torch.randn(240, 6, generator=torch.Generator().manual_seed(7))
    assert np.array_equal(rows.y_true, x[160:, :3].argmax(1).numpy())
    assert len(np.unique(rows.row_hash)) == 80
    assert np.mean(rows.y_pred.argmax(1) == rows.y_true) > 0.5  # the final weights have learnt something


def test_a_loop_over_slices_has_an_epoch_for_each_time_through_the_rows(runs):
    found = trace(runs["manual slices, binary logits"])
    assert [epoch.updates for epoch in found.epochs] == [4] * 4
    assert len(found.series("val_loss")) == 4
    assert (found.loss, found.loss_from_logits, found.batch_size) == ("binary_crossentropy", True, 50)
    assert found.evaluation is not None and found.evaluation.logits
    assert load(found.evaluation).y_true.shape == (80, 1)


def test_a_training_in_evaluation_mode_is_not_taken_for_evaluation(runs):
    found = trace(runs["never back in training mode"])
    assert [epoch.updates for epoch in found.epochs] == [5] * 4
    assert found.evaluation is not None and found.evaluation.rows == 80


def test_a_written_out_loss_on_shuffled_rows_is_understood(runs):
    found = trace(runs["custom regression loss on shuffled rows"])
    assert found.loss == "mean_squared_error"
    assert [epoch.updates for epoch in found.epochs] == [4] * 3
    assert found.evaluation is not None
    assert load(found.evaluation).y_true.dtype.kind == "f"


@pytest.mark.parametrize("name", ["steps before rows", "words of all rows in one line"])
def test_rows_that_are_not_the_first_dimension_are_counted(runs, name):
    found = trace(runs[name])
    assert ([epoch.updates for epoch in found.epochs], found.batch_size) == ([5] * 3, 32)
    assert found.inputs is not None and found.labels is not None
    assert (found.inputs.rows, found.labels.distinct) == (160, 3)


def test_a_loop_over_numpy_slices_has_an_epoch_for_each_time_through_the_rows(runs):
    assert [epoch.updates for epoch in trace(runs["arrays of NumPy"]).epochs] == [4] * 4


def test_a_pass_that_is_left_early_is_an_epoch(runs):
    assert [epoch.updates for epoch in trace(runs["loop left early, dictionary batches"]).epochs] == [8] * 3


def test_a_data_set_without_length_is_read_as_any_other(runs):
    found = trace(runs["stream of rows"])
    assert [epoch.updates for epoch in found.epochs] == [4] * 3
    assert found.labels is not None and found.labels.rows == 160


def test_two_optimisers_that_share_a_backward_pass_make_one_update(runs):
    found = trace(runs["two optimisers"])
    assert [epoch.updates for epoch in found.epochs] == [4] * 3
    assert found.updates == 12


def test_many_full_batch_steps_are_joined_to_a_few_hundred_epochs(runs):
    found = trace(runs["full batch"])
    assert 300 <= len(found.epochs) < 600
    assert sum(epoch.updates for epoch in found.epochs) == found.updates == 1500
    assert found.epochs[0].values["loss"] > found.epochs[-1].values["loss"]
    assert max(stat.epoch for stat in found.stats) == len(found.epochs)


def test_activations_applied_by_function_are_seen(runs):
    found = trace(runs["eval forgotten"])
    assert [(layer.name, layer.activation) for layer in found.layers] == [
        ("hidden", "relu"),
        ("drop", ""),
        ("last", "log_softmax"),
    ]
    assert found.loss == "negative_log_likelihood"


def test_weight_decay_is_a_regulariser(runs):
    assert trace(runs["one helper for both"]).layers[0].regulariser == "l2(0.01)"


def test_layers_are_measured_before_training_and_after_the_last_epoch(runs):
    found = trace(runs["loaders in functions"])
    epochs = {stat.epoch for stat in found.stats}
    assert {0, 5} <= epochs
    first = {stat.layer: stat for stat in found.stats if stat.epoch == 0}
    assert set(first) == {layer.name for layer in found.layers}
    assert first["0"].gradient_norm > 0 and first["0"].weight_norm > 0
    assert 0.2 < first["2"].output_zero_share < 0.8
    assert math.isnan(first["2"].weight_norm)


def test_zero_weights_and_a_closure_are_seen(runs):
    found = trace(runs["zero weights, bare parameters, closure"])
    assert found.models_trained == 2


def test_a_program_without_evaluation_says_why_and_whether_rows_can_be_withheld(runs):
    found = trace(runs["no evaluation"])
    assert found.evaluation is None and found.can_hold_out
    assert "never runs its model in eval mode" in found.no_evaluation


def test_withheld_rows_are_not_trained_on_and_are_predicted(runs):
    found = trace(runs["held out"])
    assert found.evaluation is not None and found.evaluation.origin == "held-out training rows"
    withheld = len(load(found.evaluation).y_true)
    assert 40 <= withheld <= 80
    assert found.inputs is not None and found.inputs.rows == 240 - withheld
    assert any("withheld" in text for text in found.warnings)


def test_training_rows_are_not_evaluation_rows(runs):
    found = trace(runs["only training rows"])
    assert found.evaluation is None and not found.can_hold_out
    assert "only on rows that it trains on" in found.no_evaluation


def test_nothing_is_said_of_a_program_without_a_torch_optimiser(runs):
    folder = runs["no optimiser of torch"]
    assert channel.read(folder, "feedbeef") is None
    assert not events(folder, "probe") and not events(folder, "probe-error")
