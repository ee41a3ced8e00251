"""Layers with a memory: RNN, GRU and LSTM, forwards, backwards or both ways.

References: operators RNN, GRU and LSTM of the ONNX specification, with their order of gates (z r h; i o f c).
"""

from __future__ import annotations

from collections.abc import Callable

from netmend.network.ops._base import Call, Family, Operator
from netmend.network.ops.quantisation import on_own_grid
from netmend.network.tensors import Tensor, torch

Step = Callable[[Call, Tensor, tuple[Tensor, ...], Tensor, Tensor, Tensor], tuple[Tensor, ...]]
"""(call, a step's input, state, recurrent weights, both halves of the biases) to the next state."""


def _recurrent(
    gates: int, states: int, activations: list[list[str]], step: Step
) -> Callable[[Call], tuple[Tensor, ...]]:
    def evaluate(call: Call) -> tuple[Tensor, ...]:
        _refuse_rarities(call, activations)
        value = call[0].transpose(0, 1) if call.get("layout", 0) else call[0]
        way, size = call.get("direction", "forward"), call[2].shape[-1]
        ways = {"forward": [False], "reverse": [True], "bidirectional": [False, True]}[way]
        bias = call.optional(3)
        sequences, last = [], []
        for place, backwards in enumerate(ways):
            both = value.new_zeros(2 * gates * size) if bias is None else bias[place]
            state = tuple(_start(call, 5 + number, place, value, size) for number in range(states))
            steps = value.flip(0) if backwards else value
            weighted = steps @ call[1][place].T
            outputs = []
            for each in weighted:
                state = step(call, each, state, call[2][place], both[: gates * size], both[gates * size :])
                outputs.append(state[0])
            sequence = torch.stack(outputs)
            sequences.append(sequence.flip(0) if backwards else sequence)
            last.append(state)
        answers = [torch.stack(sequences, 1), *(torch.stack(each) for each in zip(*last, strict=True))]
        if call.get("layout", 0):
            answers = [answers[0].permute(2, 0, 1, 3), *(each.transpose(0, 1) for each in answers[1:])]
        return tuple(answers)

    return evaluate


def _refuse_rarities(call: Call, activations: list[list[str]]) -> None:
    given = call.get("activations")
    if given and all([name.lower() for name in given] != each * (len(given) // len(each)) for each in activations):
        raise call.refuse(f"with activations {', '.join(given)}")
    if call.get("clip") or call.get("input_forget", 0) or call.optional(7) is not None:
        raise call.refuse("with clipping, coupled gates or peepholes")
    lengths = call.optional(4)
    whole = call[0].shape[1 if call.get("layout", 0) else 0]
    if lengths is not None and not bool((lengths == whole).all()):
        raise call.refuse("with sequences of different lengths")


def _start(call: Call, index: int, place: int, value: Tensor, size: int) -> Tensor:
    given = call.optional(index)
    if given is None:
        return value.new_zeros(value.shape[1], size)
    state = (given.transpose(0, 1) if call.get("layout", 0) else given)[place]
    # One state for all rows is what a network holds that was exported for one.
    return state.expand(value.shape[1], -1) if len(state) == 1 else state


def _plain(
    call: Call, given: Tensor, state: tuple[Tensor, ...], weight: Tensor, bias: Tensor, more: Tensor
) -> tuple[Tensor, ...]:
    activation = torch.relu if (call.get("activations") or ["Tanh"])[0].lower() == "relu" else torch.tanh
    return (activation(given + bias + state[0] @ weight.T + more),)


def _gru(
    call: Call, given: Tensor, state: tuple[Tensor, ...], weight: Tensor, bias: Tensor, more: Tensor
) -> tuple[Tensor, ...]:
    before = state[0]
    update, reset, new = (given + bias).chunk(3, -1)
    weights, biases = weight.chunk(3), more.chunk(3)
    update = torch.sigmoid(update + before @ weights[0].T + biases[0])
    reset = torch.sigmoid(reset + before @ weights[1].T + biases[1])
    if call.get("linear_before_reset", 0):
        new = torch.tanh(new + reset * (before @ weights[2].T + biases[2]))
    else:
        new = torch.tanh(new + (reset * before) @ weights[2].T + biases[2])
    return ((1 - update) * new + update * before,)


def _lstm(
    call: Call, given: Tensor, state: tuple[Tensor, ...], weight: Tensor, bias: Tensor, more: Tensor
) -> tuple[Tensor, ...]:
    # ONNX Runtime's DynamicQuantizeLSTM puts the state of all rows on its own grid at every step.
    before = on_own_grid(state[0]) if call.get("state_on_grid", 0) else state[0]
    enter, leave, forget, new = (given + bias + before @ weight.T + more).chunk(4, -1)
    cell = torch.sigmoid(forget) * state[1] + torch.sigmoid(enter) * torch.tanh(new)
    return torch.sigmoid(leave) * torch.tanh(cell), cell


FAMILY = Family(
    {
        "RNN": Operator(_recurrent(1, 1, [["tanh"], ["relu"]], _plain)),
        "GRU": Operator(_recurrent(3, 1, [["sigmoid", "tanh"]], _gru)),
        "LSTM": Operator(_recurrent(4, 2, [["sigmoid", "tanh", "tanh"]], _lstm)),
    }
)
