import math

import numpy as np
import pytest

from netmend.core.errors import EnvironmentFault
from netmend.program.sequence.read import Sequence, Token
from netmend.program.sequence.vocabulary import ELEMENTS, KINDS
from netmend.repairs.program.infill import neighbours
from netmend.repairs.program.infill.neighbours import COMMON, DAMPING, PRIOR, SHARPNESS, features, fit, read


def program(words, batch="32", units="10", framework="keras", given=True, layers=("Flatten", "Dense")):
    tokens = [*(Token("word", each) for each in words.split()), *(Token("layer", each) for each in layers)]
    roles = [""] * len(words.split()) + ["hidden"] * (len(layers) - 1) + ["output"]
    tokens += [Token("units", units), Token("optimiser", "adam"), Token("batch-size", batch, given)]
    return Sequence(framework, tuple(tokens), (*roles, "output", "", ""))


PROGRAMS = [
    ("a", program("digits images", "64")),
    ("a", program("digits images pixels", "64", layers=("Conv2D", "Flatten", "Dense"))),
    ("a", program("prices houses", "16", "1", layers=("Dense", "Dense"))),
    ("b", program("digits", "128")),
    ("b", program("prices stocks", "8", "1")),
    ("c", program("reviews images", "32", given=False)),
    ("c", program("houses", "16", "1", "torch")),
]
SEQUENCE = program("images digits pixels", "500")
AT = SEQUENCE.positions("batch-size")[0]


def by_hand(sequence, position, written):
    """From the definition, one program after the other."""
    kind = sequence.tokens[position].kind
    every = [features(each, "") for _, each in PROGRAMS]
    users = {
        name: {family for (family, _), said in zip(PROGRAMS, every, strict=True) if name in said}
        for name in set().union(*every)
    }
    weights = {name: math.log(3 / len(who)) + COMMON for name, who in users.items() if len(who) >= 2}

    def length(names):
        return math.sqrt(sum(weights[name] ** 2 for name in names if name in weights))

    own = features(sequence, kind)
    values = KINDS[kind].tokens
    loud, common = np.zeros(len(values)), np.zeros(len(values))
    sharp = []
    for _, other in PROGRAMS:
        names = features(other, kind)
        cosine = length(own & names) ** 2 / (length(own & set(weights)) * length(names))
        sharp.append(math.exp(SHARPNESS * cosine))
    for (family, other), spoken in zip(PROGRAMS, sharp, strict=True):
        size = sum(each == family for each, _ in PROGRAMS) ** -DAMPING
        said = [each.value for each in other.tokens if each.kind == kind and (each.given or not written)]
        for value in said:
            common[values.index(value)] += size / len(said)
            loud[values.index(value)] += size * spoken / np.mean(sharp) / len(said)
    loud, common = loud + 1 / len(values), common + 1 / len(values)
    return PRIOR * common / common.sum() + (1 - PRIOR) * loud / loud.sum()


@pytest.mark.parametrize("given", [True, False])
def test_a_chance_is_what_the_definition_says(given):
    sequence = program("images digits pixels", "500", given=given)
    found = np.exp(fit(PROGRAMS).log_probabilities(sequence, AT, KINDS["batch-size"].tokens))
    assert found.sum() == pytest.approx(1)
    assert found == pytest.approx(by_hand(sequence, AT, given), rel=1e-6)


def test_programs_that_are_alike_speak_loudest():
    known = fit(PROGRAMS)
    images, prices = (
        known.log_probabilities(program(words, units=units), len(words.split()) + 4, ["128", "16"])
        for words, units in (("digits", "10"), ("houses prices", "1"))
    )
    assert images[0] > images[1]
    assert prices[0] < prices[1]


def test_what_is_asked_for_is_not_compared():
    known = fit(PROGRAMS)
    one, other = (
        known.log_probabilities(program("digits", batch), 5, KINDS["batch-size"].values) for batch in ("64", "8")
    )
    assert list(one) == list(other)
    assert not {name for name in features(SEQUENCE, "layer") if name.startswith("layer")}


@pytest.mark.parametrize("kind", [*ELEMENTS, "units", "padding"])
def test_chances_of_kinds_that_were_never_met_add_up_to_one(kind):
    sequence = Sequence("keras", (Token("layer", "Dense"), Token(kind, KINDS[kind].values[0])), ("output", "output"))
    found = np.exp(fit(PROGRAMS).log_probabilities(sequence, 1, KINDS[kind].tokens))
    assert found.sum() == pytest.approx(1)
    assert found.min() > 0


def test_what_is_written_is_read_again(tmp_path):
    known = fit(PROGRAMS)
    known.write(tmp_path / "n.safetensors")
    again = read(tmp_path / "n.safetensors")
    expected = known.log_probabilities(SEQUENCE, AT, KINDS["batch-size"].values)
    assert again.log_probabilities(SEQUENCE, AT, KINDS["batch-size"].values) == pytest.approx(expected, rel=1e-5)


def test_the_programs_that_come_with_the_package_are_some_thousands():
    known = neighbours.read()
    assert len(known.loudness) > 2000
    found = np.exp(known.log_probabilities(SEQUENCE, AT, KINDS["batch-size"].values))
    assert 0.9 < found.sum() <= 1 + 1e-9


def test_a_file_that_holds_none_is_refused(tmp_path):
    (tmp_path / "n.safetensors").write_bytes(b"\2\0\0\0\0\0\0\0{}")
    with pytest.raises(EnvironmentFault, match="cannot be read"):
        neighbours.read(tmp_path / "n.safetensors")
