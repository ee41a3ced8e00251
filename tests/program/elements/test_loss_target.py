"""The form of labels where a PyTorch loss takes them: what may stand there."""

import pytest

from netmend.program.elements.loss_target import kind
from netmend.program.lint._examples import keras_program, torch_program
from netmend.program.source import Program


@pytest.mark.parametrize(
    ("written", "values"),
    [
        ("labels", ("unsqueeze(-1)", "squeeze(-1)", "float()", "long()")),
        ("labels.view(-1, 1)", ("none", "float()", "long()")),
        ("labels.long()", ("none", "float()")),
    ],
)
def test_labels_gain_one_call_or_lose_their_last_or_change_their_type(written, values):
    text = torch_program().replace("model(rows), labels)", f"model(rows), {written})")
    (element,) = kind.find(Program.from_text(text))
    assert kind.values(element) == values
    assert all(kind.change(Program.from_text(text), element, value) for value in values)


def test_keras_brings_labels_and_outputs_to_one_shape_by_itself():
    assert not list(kind.find(Program.from_text(keras_program())))
