"""A recurrent layer reads the rows of a batch as the steps of one sequence.

What it is:
    `nn.LSTM`, `nn.GRU` and `nn.RNN` take (steps, rows, features) unless `batch_first=True` is given, and the program
    treats their outputs as (rows, steps, features). The state then runs from row to row, and what is taken for the last
    step of a row has seen one step of it, and the other rows of the batch.

How it is measured:
    The last step is cut from the second axis of the outputs, as in `out[:, -1]`, no axes are moved in that function,
    and the layer has no `batch_first=True`.

When it is wrong:
    Where both are so. Inputs that are transposed elsewhere, before the model, are not seen.

References:
    PyTorch reference, torch.nn.LSTM, `batch_first`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netmend.program.blame import Blame
from netmend.program.elements._base import Element
from netmend.program.elements.sequence_axis import FIRST, SECOND
from netmend.program.lint._base import Hit, LintRule
from netmend.program.lint._examples import HEALTHY, torch_program

SEVERITY = 0.9  # own convention: what one step tells may be enough


def _check(elements: Sequence[Element]) -> Iterator[Hit]:
    for element in elements:
        if element.kind == "sequence-axis" and element.value == FIRST and element.form == "taken for rows":
            message = (
                f"{element.owner} takes the first axis for time, as without batch_first=True, and the last step is cut "
                "from the second axis of its outputs."
            )
            yield Hit(element, message, SEVERITY, blames=(Blame("sequence-axis", 0.95, values=(SECOND,)),))


_MODEL = """class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(8, 32)
        self.out = nn.Linear(32, 10)

    def forward(self, x):
        h, _ = self.rnn(x)
        return self.out(h[:, -1])


model = Net()
"""
_SEQUENCES = torch_program().replace(torch_program().partition("model = ")[2].partition("criterion")[0], "Net()\n")
_SEQUENCES = _SEQUENCES.replace("model = Net()\n", _MODEL)

rule = LintRule(
    check=_check,
    fires_on=(_SEQUENCES, _SEQUENCES.replace("GRU(8, 32)", "LSTM(8, 32, num_layers=2)").replace("-1]", "-1, :]")),
    silent_on=(
        *HEALTHY,
        _SEQUENCES.replace("32)\n        self.out", "32, batch_first=True)\n        self.out"),
        _SEQUENCES.replace("h[:, -1]", "h[-1]"),
        _SEQUENCES.replace("self.rnn(x)", "self.rnn(x.transpose(0, 1))"),
    ),
)
