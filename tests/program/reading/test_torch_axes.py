import pytest

from netmend.core.errors import Unchangeable
from netmend.program.lint._examples import torch_program
from netmend.program.lint.steps_taken_for_rows import rule
from netmend.program.reading import torch
from netmend.program.source import Program

SEQUENCES = rule.fires_on[0]
FUNCTIONAL = SEQUENCES.replace("return self.out(h[:, -1])", "return torch.softmax(self.out(h[:, -1]), dim=0)")


def element(text, kind):
    program = Program.from_text(text)
    found = [each for each in torch.read(program) if each.kind == kind]
    return program, found[0] if found else None


def written(text, kind, value):
    program, found = element(text, kind)
    return program.patched(torch.write(program, found, value)).main.text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (torch_program("Linear(20, 10)", "Softmax(dim=0)"), 0),
        (torch_program("Linear(20, 10)", "LogSoftmax(1)"), 1),
        (FUNCTIONAL, 0),
        (FUNCTIONAL.replace("torch.softmax(self.out(h[:, -1]), dim=0)", "self.out(h[:, -1]).softmax(-1)"), -1),
    ],
)
def test_the_axis_of_the_last_softmax_is_read_and_written(text, value):
    _, found = element(text, "softmax-dim")
    assert found.value == value
    assert element(written(text, "softmax-dim", 2), "softmax-dim")[1].value == 2


@pytest.mark.parametrize(
    "text",
    [
        torch_program("Linear(20, 8)", "Softmax(dim=0)", "Linear(8, 10)"),
        torch_program("Linear(20, 10)", "Softmax()"),
        torch_program(),
    ],
)
def test_other_softmaxes_and_unstated_axes_are_no_element(text):
    assert element(text, "softmax-dim")[1] is None


def test_an_axis_is_a_whole_number():
    with pytest.raises(Unchangeable):
        written(FUNCTIONAL, "softmax-dim", "rows")


def test_time_is_put_second():
    _, found = element(SEQUENCES, "sequence-axis")
    assert (found.value, found.absent, found.form) == ("first", True, "taken for rows")
    text = written(SEQUENCES, "sequence-axis", "second")
    assert "nn.GRU(8, 32, batch_first=True)" in text
    assert element(text, "sequence-axis")[1].value == "second"
    assert "nn.GRU(8, 32, batch_first=False)" in written(text, "sequence-axis", "first")


@pytest.mark.parametrize("written_out", ["h[:, 0]", "h[-1]", "h.mean(0)"])
def test_what_is_cut_otherwise_says_nothing_of_rows(written_out):
    _, found = element(SEQUENCES.replace("h[:, -1]", written_out), "sequence-axis")
    assert (found.value, found.form) == ("first", "argument")


def test_only_the_two_axes_are_offered():
    with pytest.raises(Unchangeable):
        written(SEQUENCES, "sequence-axis", "third")
