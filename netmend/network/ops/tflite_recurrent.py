"""TFLite's recurrent layers, as whole sequences.

References: reference kernels lstm_eval.cc and basic_rnn.cc of TensorFlow Lite; Hochreiter and Schmidhuber 1997;
peepholes of Gers and Schmidhuber 2000; projection of Sak et al. 2014; normalisation of the gates of Ba et al. 2016.
"""

from __future__ import annotations

from netmend.network.ops._base import Call, Family
from netmend.network.ops._tflite import activated, on_grid
from netmend.network.tensors import Tensor, torch

_NORMALISED = 1e-8
"""What is added to variances of normalised gates (lstm_eval.cc, `kLayerNormEpsilon`)."""


def _lstm(call: Call) -> Tensor:
    """Inputs: 0 sequence; 1-4 input, 5-8 recurrent weights; 9-11 peepholes; 12-15 biases (input, forget, cell, output);
    16-17 projection; 18 output state; 19 cell state; 20-23 scales of normalised gates."""
    steps = call[0] if call.get("time_major", False) else call[0].transpose(0, 1)
    rows = steps.shape[1]
    output, cell = (call[place].to(call.dtype).expand(rows, call[place].shape[-1]) for place in (18, 19))
    answers = []
    for step in steps:
        output, cell = _step(call, step, output, cell)
        answers.append(output)
    joined = torch.stack(answers)
    return joined if call.get("time_major", False) else joined.transpose(0, 1)


def _step(call: Call, step: Tensor, output: Tensor, cell: Tensor) -> tuple[Tensor, Tensor]:
    forget = torch.sigmoid(_gate(call, 1, step, output, cell))
    # Without weights of its own the input gate is what the forget gate leaves (Greff et al. 2017, CIFG).
    enters = 1 - forget if call.optional(1) is None else torch.sigmoid(_gate(call, 0, step, output, cell))
    cell = _limited(forget * cell + enters * activated(call, _gate(call, 2, step, output, None)), call, "cell_clip")
    state = call.scheme(19)
    cell = cell if state is None else state.on_grid(cell)
    output = torch.sigmoid(_gate(call, 3, step, output, cell)) * activated(call, cell)
    projection, bias = call.optional(16), call.optional(17)
    if projection is not None:
        output = output @ projection.T + (0 if bias is None else bias)
        output = _limited(output, call, "proj_clip")
    grid = call.scheme(18)
    return output if grid is None else grid.on_grid(output), cell


def _gate(call: Call, which: int, step: Tensor, output: Tensor, cell: Tensor | None) -> Tensor:
    value = step @ call[1 + which].T + output @ call[5 + which].T
    peephole = call.optional({0: 9, 1: 10, 3: 11}.get(which, -1)) if cell is not None else None
    if peephole is not None and cell is not None:
        value = value + cell * peephole
    scale, bias = call.optional(20 + which), call.optional(12 + which)
    if scale is not None:
        centred = value - value.mean(-1, keepdim=True)
        value = scale * centred / (centred.square().mean(-1, keepdim=True) + _NORMALISED).sqrt()
    return value if bias is None else value + bias.to(value.dtype)


def _limited(value: Tensor, call: Call, name: str) -> Tensor:
    limit = call.get(name, 0.0)
    return value.clamp(-limit, limit) if limit > 0 else value


def _rnn(call: Call) -> Tensor:
    """Inputs: sequence, input weights, recurrent weights, bias, state."""
    steps = call[0] if call.get("time_major", False) else call[0].transpose(0, 1)
    state = call[4].to(call.dtype).expand(steps.shape[1], call[4].shape[-1])
    answers = []
    for step in steps:
        state = activated(call, step @ call[1].T + state @ call[2].T + call[3])
        answers.append(state)
    joined = torch.stack(answers)
    return joined if call.get("time_major", False) else joined.transpose(0, 1)


FAMILY = Family(
    {
        "tflite:UNIDIRECTIONAL_SEQUENCE_LSTM": on_grid(_lstm, fused=False),
        "tflite:UNIDIRECTIONAL_SEQUENCE_RNN": on_grid(_rnn, fused=False),
    }
)
