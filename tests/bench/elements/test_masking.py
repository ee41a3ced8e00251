import numpy as np
import pytest

pytest.importorskip("torch")

from bench.elements.masking import KIND_NUMBERS, NUMBERS, asked, batch_of, drawn, of_kind, prepared
from netmend.program.sequence.read import Sequence, Token
from netmend.program.sequence.vocabulary import ELEMENTS, KINDS, UNKNOWN
from netmend.repairs.program.infill._slots import SYMBOLS

pytestmark = pytest.mark.torch

TOKENS = (
    Token("word", "digits"),
    Token("word", "unheard"),
    Token("layer", "Conv2D"),
    Token("kernel-size", "3"),
    Token("activation", "relu"),
    Token("layer", "Dense"),
    Token("units", UNKNOWN),
    Token("activation", "softmax"),
    Token("optimiser", "adam"),
    Token("learning-rate", "0.001", given=False),
    Token("loss", "huber"),
    Token("word-after", "images"),
)
ROLES = ("", "", "input", "input", "input", "output", "output", "output", "", "", "", "")
WORDS = {"digits": 4, "images": 7}
PROGRAM = prepared(Sequence("keras", TOKENS, ROLES), WORDS)


def facet(position):
    return list(PROGRAM.positions).index(position)


def names(masked, slot=None):
    return sorted(SYMBOLS[symbol] for at, symbol in masked.pairs if slot is None or at == slot)


def test_a_hidden_value_is_seen_as_something_of_its_kind():
    found = asked(PROGRAM, facet(10))
    slot, kind, target, _ = found.holes[0]
    assert (kind, SYMBOLS[target]) == (KIND_NUMBERS["loss"], "loss=huber")
    assert names(found, slot) == ["loss=[written]"]
    rate = asked(PROGRAM, facet(9))
    assert names(rate, rate.holes[0][0]) == ["learning-rate=[any]"], "a default stands for anything"


def test_with_a_layer_goes_what_it_says_and_with_an_optimiser_its_default_rate():
    found = asked(PROGRAM, facet(2))
    assert names(found, 3) == ["activation=relu", "end=1", "layer=[written]", "role=input", "start=0"]
    optimiser = asked(PROGRAM, facet(8))
    assert {"optimiser=[written]", "learning-rate=[any]"} <= set(names(optimiser))
    assert not {"learning-rate=0.001", "learning-rate*"} & set(names(optimiser))


def test_words_that_are_not_known_are_left_out():
    assert [list(each) for each in PROGRAM.words] == [[4], [7]]


def test_what_is_drawn_hides_only_what_can_be_told_and_nothing_twice():
    random = np.random.default_rng(0)
    kinds = set()
    for _ in range(400):
        found = drawn(PROGRAM, random)
        assert found.holes
        for slot, kind, target, weight in found.holes:
            name = list(KINDS)[kind]
            kinds.add(name)
            assert SYMBOLS[target].startswith(f"{name}=")
            assert not SYMBOLS[target].endswith("=?")
            assert weight == (1 if name in ELEMENTS else pytest.approx(0.3))
            assert {f"{name}=[written]", f"{name}=[any]"} & set(names(found, slot))
            assert SYMBOLS[target] not in names(found, slot)
    assert kinds == {"layer", "kernel-size", "activation", "optimiser", "learning-rate", "loss"}


def test_a_batch_holds_each_program_s_slots_in_its_row():
    longer = prepared(Sequence("torch", TOKENS + TOKENS[5:8], ROLES + ROLES[5:8]), WORDS)
    one, other = asked(PROGRAM, facet(10)), asked(longer, 0)
    batch = batch_of([one, other])
    assert batch.there.sum(1).tolist() == [PROGRAM.slots, longer.slots]
    assert batch.order[0, : PROGRAM.slots].tolist() == list(PROGRAM.order)
    ends = [*batch.offsets[1:].tolist(), len(batch.symbols)]
    bags = [batch.symbols[start:end].tolist() for start, end in zip(batch.offsets.tolist(), ends, strict=True)]
    most = longer.slots
    for row, masked in enumerate((one, other)):
        for slot in range(most):
            expected = [symbol for at, symbol in masked.pairs if at == slot]
            assert bags[row * most + slot] == expected
    assert batch.holes.tolist() == [one.holes[0][0], most + other.holes[0][0]]
    assert batch.words[0].tolist() == [[4], [7]]


def test_a_hole_may_be_any_value_of_its_kind_but_an_unknown_one():
    allowed = of_kind()
    loss = [SYMBOLS[number] for number in np.flatnonzero(allowed[KIND_NUMBERS["loss"]])]
    assert loss == [f"loss={value}" for value in KINDS["loss"].tokens if value != UNKNOWN]
    assert not allowed[:, NUMBERS["loss=[written]"]].any()
