"""Weights of which several are in a byte, unpacked and packed."""

import numpy as np
import pytest

from netmend.network.backends._onnx_packed import packed_of

onnx = pytest.importorskip("onnx")


@pytest.mark.parametrize("bits", [2, 4, 8])
@pytest.mark.parametrize("zeros", [False, True])
def test_numbers_are_unpacked_one_by_one_and_packed_again(bits, zeros):
    random = np.random.default_rng(bits)
    inputs, outputs, block = 37, 5, 16
    count, each = 3, 8 // bits
    stored = {
        "w": random.integers(0, 256, (outputs, count, block * bits // 8)).astype(np.uint8),
        "s": random.uniform(1, 2, outputs * count).astype(np.float32),
    }
    if zeros:
        stored["z"] = random.integers(0, 256, (outputs, -(-count * bits // 8))).astype(np.uint8)
    tensors = {name: onnx.numpy_helper.from_array(value, name) for name, value in stored.items()}
    settings = {"K": inputs, "N": outputs, "bits": bits, "block_size": block}
    node = onnx.helper.make_node("MatMulNBits", ["x", *stored], ["y"], domain="com.microsoft", **settings)
    packed = packed_of(node, tensors)
    values = {one.name: onnx.numpy_helper.to_array(one) for one in packed.tensors}
    codes, scales, zero = values.values()
    for column in range(outputs):
        flat = stored["w"][column].reshape(-1)
        for row in range(inputs):
            byte = int(flat[row // each])
            assert int(codes[row, column]) == byte >> bits * (row % each) & (2**bits - 1)
            assert scales[row // block, column] == stored["s"][column * count + row // block]
        for place in range(count):
            expected = 2 ** (bits - 1)
            if zeros:
                expected = int(stored["z"][column, place // each]) >> bits * (place % each) & (2**bits - 1)
            assert int(zero[place, column]) == expected
    again = packed.again(values)
    columns = range(inputs)
    back = packed_of(node, {**tensors, **{one.name: one for one in again}})
    np.testing.assert_array_equal(onnx.numpy_helper.to_array(back.tensors[0])[columns], codes)
    if not zeros:
        assert packed.again({**values, packed.tensors[2].name: zero + zero.dtype.type(1)}) is None


def test_weights_that_are_no_stored_bytes_are_left_alone():
    settings = {"K": 16, "N": 2, "block_size": 16}
    node = onnx.helper.make_node("MatMulNBits", ["x", "w", "s"], ["y"], domain="com.microsoft", **settings)
    scale = onnx.numpy_helper.from_array(np.ones(2, np.float32), "s")
    assert packed_of(node, {"s": scale}) is None
    short = onnx.numpy_helper.from_array(np.zeros((1, 1, 8), np.uint8), "w")
    assert packed_of(node, {"s": scale, "w": short}) is None
