"""Whatever scores elements must score them as the interface says."""

import numpy as np
import pytest

from netmend.core.discover import contributions
from netmend.program.sequence.read import sequence_of
from netmend.program.sequence.vocabulary import ELEMENTS, KINDS
from netmend.program.source import Program
from netmend.repairs.program.infill._base import ScorerKind, candidates, hidden

SCORERS = {
    name: found
    for name, found in contributions("netmend.repairs.program.infill", ScorerKind).items()
    if found.value.connect is None  # those that need a model or a server are tested with one
}
KERAS = """
import keras
from keras import layers
model = keras.Sequential([layers.Dense(16, activation="relu", kernel_initializer="he_normal"), layers.Dense(1)])
model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mse", metrics=["mae"])
model.fit(x, y, epochs=10, batch_size=8)
"""
TORCH = """
import torch
from torch import nn
model = nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, 3))
optimizer = torch.optim.Adam(model.parameters())
for epoch in range(20):
    loss = nn.functional.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
"""


@pytest.mark.parametrize("name", SCORERS)
@pytest.mark.parametrize("text", [KERAS, TORCH], ids=["keras", "torch"])
def test_a_scorer_gives_chances_that_do_not_depend_on_what_stands_there(name, text):
    scorer = SCORERS[name].value.open(None)
    sequence = sequence_of(Program.from_text(text))
    for position in sequence.positions(*ELEMENTS):
        kind = sequence.tokens[position].kind
        scores = scorer.log_probabilities(sequence, position, KINDS[kind].tokens)
        assert scores.shape == (len(KINDS[kind].tokens),)
        assert np.exp(scores).sum() == pytest.approx(1, abs=1e-6)
        assert np.array_equal(
            scores, scorer.log_probabilities(hidden(sequence, position), position, KINDS[kind].tokens)
        )


@pytest.mark.parametrize("name", SCORERS)
def test_a_scorer_scores_each_candidate_by_itself(name):
    scorer = SCORERS[name].value.open(None)
    sequence = sequence_of(Program.from_text(KERAS))
    (position,) = sequence.positions("loss")
    few = candidates("loss", "keras")[::2]
    every = dict(
        zip(KINDS["loss"].tokens, scorer.log_probabilities(sequence, position, KINDS["loss"].tokens), strict=True)
    )
    assert scorer.log_probabilities(sequence, position, few) == pytest.approx([every[each] for each in few])
