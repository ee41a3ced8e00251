"""TFLite's products of matrices."""

from __future__ import annotations

from netmend.network.ops._base import Call, Family
from netmend.network.ops._tflite import measured, on_grid
from netmend.network.tensors import Tensor, torch


def _fully_connected(call: Call) -> Tensor:
    weight, bias = call[1], call.optional(2)
    value = call[0].reshape(-1, weight.shape[-1])
    value = measured(call, value, 1, whole=call.get("asymmetric_quantize_inputs", False))
    answer = value @ weight.T
    if bias is not None:
        answer = answer + bias.to(answer.dtype)
    return answer.reshape(*call[0].shape[:-1], -1) if call.get("keep_num_dims", False) else answer


def _matrices(call: Call) -> Tensor:
    left, right = call[0], call[1]
    left = left.transpose(-1, -2) if call.get("adj_x", False) else left
    right = right.transpose(-1, -2) if call.get("adj_y", False) else right
    return torch.matmul(left, right)


FAMILY = Family(
    {
        "tflite:FULLY_CONNECTED": on_grid(_fully_connected),
        "tflite:BATCH_MATMUL": on_grid(_matrices),
        "tflite:EMBEDDING_LOOKUP": on_grid(lambda call: call[1][call[0].long()]),
    }
)
