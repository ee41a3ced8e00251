import pytest

from netmend.program.sequence.read import Sequence, Token
from netmend.repairs.program.infill._shapes import misfits


def layers(*names, rank=3):
    tokens = [Token("layer", names[0])]
    tokens += [Token("input-rank", str(rank))] if rank else []
    for name in names[1:]:
        name, _, told = name.partition("+")
        tokens.append(Token("layer", name))
        tokens += [Token("return-sequences", "true")] if told else []
    return Sequence("keras", tuple(tokens), ("hidden",) * len(tokens))


FITS = layers("Conv2D", "MaxPooling2D", "Flatten", "Dense", "Dense")


@pytest.mark.parametrize(
    "after",
    [
        layers("Conv2D", "MaxPooling2D", "Dropout", "Dense", "Dense"),  # three axes come out instead of one
        layers("Conv2D", "Flatten", "MaxPooling2D", "Dense"),
        layers("Conv2D", "Flatten", "Dense", "LSTM", "Dense"),
        layers("Conv1D", "Flatten", "Dense"),
    ],
)
def test_layers_that_cannot_follow_each_other_are_found(after):
    assert misfits(FITS, after)


@pytest.mark.parametrize(
    "after",
    [
        FITS,
        layers("Conv2D", "MaxPooling2D", "GlobalAveragePooling2D", "Dense", "Dense"),
        layers("Conv2D", "Conv2D", "Dropout", "Flatten", "BatchNormalization", "Dense"),
        layers("Conv2D", "Reshape", "LSTM", "Dense"),  # what a reshaping gives is unknown
    ],
)
def test_layers_that_may_follow_each_other_are_let_pass(after):
    assert not misfits(FITS, after)


def test_recurrent_layers_give_one_row_unless_they_give_all():
    before = layers("Embedding", "LSTM", "Dense", rank=1)
    assert not misfits(before, layers("Embedding", "LSTM+all", "LSTM", "Dense", rank=1))
    assert misfits(before, layers("Embedding", "LSTM", "LSTM", "Dense", rank=1))


def test_nothing_is_said_of_a_program_that_seems_not_to_fit_as_it_is():
    odd = layers("Conv2D", "Flatten", "Conv2D")
    assert not misfits(odd, layers("Conv2D", "Flatten", "LSTM"))
    assert not misfits(layers("Reshape", "Dense", rank=0), layers("LSTM", "Dense", rank=0))
