import numpy as np

from bench.elements.injected import COMMONEST, FAULTY, LEAST, commonest, elements, found, injected
from netmend.corpus.records import Example
from netmend.program.sequence.read import Sequence, Token
from netmend.program.sequence.vocabulary import KINDS
from netmend.repairs.program.infill._base import candidates

TOKENS = (
    Token("layer", "Dense"),
    Token("activation", "relu"),
    Token("layer", "Dense"),
    Token("activation", "softmax"),
    Token("optimiser", "adam"),
    Token("learning-rate", "0.001", given=False),
    Token("loss", "categorical_crossentropy"),
    Token("metric", "accuracy"),
    Token("epochs", "10"),
    Token("batch-size", "32"),
)
RIGHT = Sequence("keras", TOKENS, ("hidden",) * 2 + ("output",) * 2 + ("",) * 6)
COMMON = {kind: KINDS[kind].values for kind in FAULTY}


class Knows:
    """A scorer that holds what is right to be e times as likely as all else."""

    def log_probabilities(self, sequence, position, values):
        return np.array([1.0 if value == TOKENS[position].value else 0.0 for value in values])


def example(sequence=RIGHT, path="0"):
    return Example("o/r", "c", "MIT", "family", path, sequence, "validation")


def test_what_is_written_of_six_kinds_can_be_at_fault():
    assert [TOKENS[each].kind for each in elements(RIGHT)] == [
        "activation", "activation", "optimiser", "loss", "epochs", "batch-size"
    ]  # fmt: skip


def test_a_fault_is_one_element_with_one_of_the_commonest_other_values():
    faults = list(injected((example(path=str(number)) for number in range(60)), COMMON, 2))
    faults += list(injected([example(Sequence("keras", TOKENS[1:], RIGHT.roles[1:]))], COMMON, 2))
    assert len(faults) == 122
    for fault in faults[:120]:
        changed = [at for at, token in enumerate(fault.sequence.tokens) if token != TOKENS[at]]
        assert changed == [fault.position]
        kind, wrong = TOKENS[fault.position].kind, fault.sequence.tokens[fault.position].value
        others = [each for each in COMMON[kind] if each in candidates(kind, "keras") and each != fault.right]
        assert fault.right == TOKENS[fault.position].value
        assert wrong in others[:COMMONEST]


def test_faults_are_the_same_whenever_they_are_drawn_and_two_of_a_program_differ_in_place():
    one, other = (list(injected([example()], COMMON, 2)) for _ in range(2))
    assert one == other
    assert one[0].position != one[1].position


def test_programs_with_few_elements_are_left_out():
    short = Sequence("keras", TOKENS[: -(len(elements(RIGHT)) - LEAST + 1)], RIGHT.roles[:-2])
    assert len(elements(short)) == LEAST - 1
    assert list(injected([example(short)], COMMON, 1)) == []


def test_the_commonest_value_comes_first():
    assert commonest([RIGHT, RIGHT])["activation"] == ("relu", "softmax")
    assert "learning-rate" not in commonest([RIGHT]), "a default is not written"


def test_a_scorer_that_knows_finds_every_fault_at_once():
    for each in found(injected([example()], COMMON, 6), Knows()):
        assert (each.elements, each.element, each.fix) == (6, 1, 1)


class Blind:
    """A scorer to which all is the same."""

    def log_probabilities(self, sequence, position, values):
        return np.zeros(len(values))


def test_of_what_is_as_good_the_first_in_the_program_and_its_vocabulary_comes_first():
    faults = list(injected([example()], COMMON, 6))
    places = [elements(fault.sequence).index(fault.position) for fault in faults]
    assert sorted(places) == [0, 1, 2, 3, 4, 5]
    assert [each.element for each in found(faults, Blind())] == [1 + place for place in places]
    before = sum(len(candidates(TOKENS[at].kind, "keras")) - 1 for at in elements(RIGHT)[:5])
    last = next(fault for fault in faults if fault.position == 9)
    legal = [value for value in candidates("batch-size", "keras") if value != last.sequence.tokens[9].value]
    assert next(found([last], Blind())).fix == before + 1 + legal.index("32")


def test_ranks_count_what_gains_more():
    class Mistaken(Knows):
        def log_probabilities(self, sequence, position, values):
            return super().log_probabilities(sequence, position, values) + 3.0 * (np.array(values) == "sgd")

    faults = [each for each in injected([example()], COMMON, 6) if each.right != "adam"]
    assert len(faults) == 5
    for each in found(faults, Mistaken()):
        assert (each.element, each.fix) == (2, 2)


def test_a_fix_that_the_framework_has_not_is_behind_all_others():
    rare = (*TOKENS[:6], Token("loss", "log_cosh"), *TOKENS[7:])
    assert "log_cosh" not in candidates("loss", "torch")
    sequence = Sequence("torch", rare, RIGHT.roles)
    fault = next(each for each in injected([example(sequence)], COMMON, 6) if each.right == "log_cosh")
    queue = sum(len(candidates(TOKENS[at].kind, "torch")) - 1 for at in elements(sequence))
    assert next(found([fault], Blind())).fix == queue + 1
