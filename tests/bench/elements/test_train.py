import csv
import json

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from bench.elements import train as training
from netmend.corpus.records import read
from netmend.program.sequence.vocabulary import KINDS
from netmend.repairs.program.infill import encoder

pytestmark = pytest.mark.torch

SETTINGS = {
    "seeds": [0], "width": 12, "layers": 1, "heads": 2, "inner": 16, "families": 1, "steps": 6, "batch": 4,
    "warming": 2, "rate": 0.02, "every": 2, "average": 0.5, "dropout": 0.0,
}  # fmt: skip


@pytest.fixture(autouse=True)
def one_thread():
    """Several wait for each other longer than they compute in nets as small as these."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def room(tmp_path, monkeypatch):
    monkeypatch.setattr(encoder, "SHIPPED", tmp_path / "encoder.safetensors")
    (tmp_path / "records").mkdir()
    return tmp_path


def run(corpus, room, **settings):
    (room / "records" / "settings.json").write_text(json.dumps(SETTINGS | settings))
    training.train(corpus, room / "records", room / "work")
    return encoder.read(room / "encoder.safetensors")


def test_training_writes_weights_that_answer_and_a_log_of_its_scores(corpus, room):
    found = run(corpus, room, seeds=[0, 1])
    assert len(found.members) == 2
    rows = list(csv.DictReader((room / "records" / "log-1.csv").open()))
    assert [row["step"] for row in rows] == ["2", "4", "6"]
    assert float(rows[-1]["cross-entropy"]) < float(rows[0]["cross-entropy"])
    example = next(read(corpus, "validation"))
    position = example.sequence.positions("loss")[0]
    chances = np.exp(found.log_probabilities(example.sequence, position, KINDS["loss"].tokens))
    assert chances.sum() == pytest.approx(1)


def test_a_training_that_was_interrupted_ends_as_if_it_had_not_been(corpus, room, monkeypatch):
    whole = run(corpus, room)
    for path in (room / "work").iterdir():
        path.unlink()
    learn = training.Member._learn

    def interrupted(self, batch):
        if self._step == 4:
            raise KeyboardInterrupt
        return learn(self, batch)

    monkeypatch.setattr(training.Member, "_learn", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(corpus, room)
    monkeypatch.setattr(training.Member, "_learn", learn)
    encoder.read.cache_clear()
    again = run(corpus, room)
    for name, weights in whole.members[0].items():
        assert again.members[0][name] == pytest.approx(weights, abs=2e-3)
    assert len(list(csv.DictReader((room / "records" / "log-0.csv").open()))) == 3


def test_a_checkpoint_of_other_settings_is_refused_but_members_may_be_added(corpus, room):
    run(corpus, room)
    run(corpus, room, seeds=[0, 1])
    with pytest.raises(SystemExit, match="other settings"):
        run(corpus, room, rate=0.5)


def test_words_are_those_that_several_families_use(corpus):
    examples = list(read(corpus))
    assert training.known_words(examples, 1) == ("",)


def test_of_what_is_right_a_share_is_spread_over_the_kind(corpus):
    batch = training.batch_of(training.validation_holes(list(read(corpus, "validation")), {}, 3))
    allowed = training.of_kind()
    logits = torch.randn(len(batch.holes), allowed.shape[1], generator=torch.Generator().manual_seed(0))
    by_hand = []
    for row, kind, target in zip(logits, batch.kinds, batch.targets, strict=True):
        legal = torch.nonzero(allowed[kind])[:, 0]
        likely = row[legal].log_softmax(0)
        wanted = torch.full((len(legal),), 0.1 / len(legal))
        wanted[legal.tolist().index(int(target))] += 0.9
        by_hand.append(float(-(wanted * likely).sum()))
    assert float(training.loss_of(logits, batch, allowed, 0.1)) == pytest.approx(np.mean(by_hand), rel=1e-5)
