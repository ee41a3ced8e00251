"""Every operator of TFLite answers as LiteRT's own kernels do, in real numbers and on grids of integers."""

from pathlib import Path

import numpy as np
import pytest

from netmend.network.backends._tflite_file import read
from netmend.network.backends._tflite_graph import OPSET, graph_of
from netmend.network.evaluate import run
from netmend.network.graph import Graph, Node, Signature
from netmend.network.ops._base import operators
from netmend.network.quantisation import Scheme
from netmend.network.tensors import torch

pytest.importorskip("ai_edge_litert")

from netmend.network.backends._tflite_rewrite import written
from netmend.network.backends.tflite import TfliteNetwork


def floats(*shape, low=-2.0, high=2.0):
    """Numbers that are the same in every run, for each shape."""
    return np.random.default_rng([7, *shape]).uniform(low, high, shape).astype(np.float32)


def ints(*values):
    return np.array(values, np.int32)


IMAGE = floats(2, 7, 6, 3)
VOLUME = floats(2, 4, 6, 6, 2)
ROWS = floats(3, 5)
WIDE = floats(3, 5, low=-30, high=30)
PLUS = floats(3, 5, low=0.1, high=4)
TRUTH = np.array([[True, False, True]] * 2)
ODD = {"stride_h": 2, "stride_w": 1, "dilation_h_factor": 1, "dilation_w_factor": 1, "padding": "SAME"}
NONE = {"fused_activation_function": "NONE"}


class Const(np.ndarray):
    """Numbers that are stored in the file."""


def const(value):
    return np.asarray(value).view(Const)


def lstm(**options):
    units, size = 4, 5
    weights = [const(floats(units, size + place * 0) * (0.3 + place / 10)) for place in range(4)]
    recurrent = [const(floats(units, units) * (0.2 + place / 10)) for place in range(4)]
    biases = [const(floats(units) * place) for place in range(1, 5)]
    states = [const(np.zeros((3, units), np.float32))] * 2
    inputs = [floats(3, 6, size), *weights, *recurrent, None, None, None, *biases, None, None, *states]
    return ("UNIDIRECTIONAL_SEQUENCE_LSTM", inputs, {"fused_activation_function": "TANH", **options})


# (operator, inputs, attributes, number of outputs): None stands for an input that is left out.
CASES = [
    ("CONV_2D", [IMAGE, const(floats(4, 3, 2, 3)), const(floats(4))], {**ODD, "fused_activation_function": "RELU6"}),
    ("CONV_2D", [IMAGE, const(floats(4, 3, 2, 3)), const(floats(4))], {**ODD, "padding": "VALID"}),
    ("CONV_2D", [IMAGE, const(floats(4, 2, 2, 3)), const(floats(4))], {**ODD, "stride_h": 1, "dilation_h_factor": 2}),
    ("CONV_2D", [floats(2, 5, 5, 4), const(floats(6, 3, 3, 2)), const(floats(6))], {**ODD, "stride_w": 2}),
    ("DEPTHWISE_CONV_2D", [IMAGE, const(floats(1, 3, 3, 6)), const(floats(6))],
     {**ODD, "stride_w": 2, "depth_multiplier": 2, "fused_activation_function": "RELU"}),
    ("DEPTHWISE_CONV_2D", [IMAGE, const(floats(1, 2, 3, 3)), const(floats(3))],
     {"stride_h": 1, "stride_w": 1, "dilation_h_factor": 2, "dilation_w_factor": 1, "depth_multiplier": 1}),
    ("TRANSPOSE_CONV", [const(ints(2, 14, 12, 4)), const(floats(4, 3, 3, 3)), IMAGE], {"stride_h": 2, "stride_w": 2}),
    ("TRANSPOSE_CONV", [const(ints(2, 15, 13, 4)), const(floats(4, 3, 3, 3)), IMAGE, const(floats(4))],
     {"stride_h": 2, "stride_w": 2, "padding": "VALID"}),
    *[("CONV_3D", [VOLUME, const(floats(3, 2, 3, 2, 4)), *bias],
       {"stride_d": 2, "stride_h": 1, "stride_w": 2, "padding": padding})
      for padding in ("SAME", "VALID") for bias in ([], [const(floats(4))])],
    *[("CONV_3D_TRANSPOSE", [const(ints(2, *sizes, 4)), const(floats(3, 3, 3, 4, 2)), VOLUME, *bias],
       {"stride_d": 2, "stride_h": 1, "stride_w": 2, "padding": padding})
      for sizes, padding, bias in (((9, 8, 13), "VALID", []), ((10, 8, 14), "VALID", []),
                                   ((8, 6, 12), "SAME", [const(floats(4))]))],
    *[(op, [IMAGE], {"filter_height": 3, "filter_width": 2, "stride_h": 2, "stride_w": 2, "padding": padding})
      for op in ("MAX_POOL_2D", "AVERAGE_POOL_2D", "L2_POOL_2D") for padding in ("SAME", "VALID")],
    *[("RESIZE_BILINEAR", [IMAGE, const(ints(*size))], {"align_corners": corners, "half_pixel_centers": centres})
      for size in ((14, 9), (3, 6), (1, 1)) for corners, centres in ((0, 0), (1, 0), (0, 1))],
    *[("RESIZE_NEAREST_NEIGHBOR", [IMAGE, const(ints(*size))], {"align_corners": corner, "half_pixel_centers": centre})
      for size in ((14, 9), (3, 6)) for corner, centre in ((0, 0), (1, 0), (0, 1))],
    ("FULLY_CONNECTED", [ROWS, const(floats(4, 5)), const(floats(4))], {"fused_activation_function": "RELU"}),
    ("FULLY_CONNECTED", [floats(2, 3, 5), const(floats(4, 5))], {"keep_num_dims": True}),
    ("FULLY_CONNECTED", [floats(2, 3, 5), const(floats(4, 15)), const(floats(4))], {}),
    ("BATCH_MATMUL", [floats(2, 3, 5), floats(2, 5, 4)], {}),
    ("BATCH_MATMUL", [floats(2, 3, 5), floats(2, 4, 5)], {"adj_y": True}),
    ("BATCH_MATMUL", [floats(2, 5, 3), floats(2, 5, 4)], {"adj_x": True}),
    ("EMBEDDING_LOOKUP", [ints(2, 0, 1), const(floats(3, 5))], {}),
    *[(op, [ROWS, floats(5)], NONE) for op in ("ADD", "SUB", "MUL")],
    ("ADD", [ROWS, floats(1, 5)], {"fused_activation_function": "RELU_N1_TO_1"}),
    ("DIV", [ROWS, PLUS], NONE),
    ("ADD", [ints(1, 2), ints(3, -4)], NONE),
    ("ADD_N", [ROWS, PLUS, WIDE], {}),
    *[(op, [ROWS, floats(1, 5)], {}) for op in ("MAXIMUM", "MINIMUM", "SQUARED_DIFFERENCE")],
    ("POW", [PLUS, PLUS], {}),
    ("ATAN2", [ROWS, ROWS[::-1].copy()], {}),
    *[(op, [ints(7, -7, 9), const(ints(2, 2, -4))], {}) for op in ("FLOOR_DIV", "FLOOR_MOD")],
    *[(op, [ROWS], {}) for op in ("ABS", "NEG", "EXP", "SQUARE", "SIN", "COS", "FLOOR", "CEIL", "SIGN")],
    *[(op, [PLUS], {}) for op in ("LOG", "SQRT", "RSQRT")],
    ("ROUND", [np.array([0.5, 1.5, -0.5, 2.4, -2.6], np.float32)], {}),
    *[(op, [ints(1, 2, 3), ints(3, 2, 1)], {})
      for op in ("EQUAL", "NOT_EQUAL", "LESS", "LESS_EQUAL", "GREATER", "GREATER_EQUAL")],
    *[(op, [TRUTH, TRUTH[:, ::-1].copy()], {}) for op in ("LOGICAL_AND", "LOGICAL_OR")],
    ("LOGICAL_NOT", [TRUTH], {}),
    ("SELECT", [TRUTH[:, 0], floats(2, 3), floats(2, 3) + 1], {}),
    ("SELECT_V2", [TRUTH, floats(2, 3), floats(1, 3) + 1], {}),
    *[(op, [WIDE], {}) for op in ("RELU", "RELU6", "RELU_N1_TO_1", "RELU_0_TO_1", "ELU", "LOGISTIC", "HARD_SWISH")],
    ("TANH", [ROWS], {}),
    ("LEAKY_RELU", [ROWS], {"alpha": 0.3}),
    ("PRELU", [IMAGE, const(floats(1, 1, 3))], {}),
    ("GELU", [ROWS], {"approximate": False}),
    ("GELU", [ROWS], {"approximate": True}),
    ("SOFTMAX", [ROWS], {"beta": 1.5}),
    ("SOFTMAX", [IMAGE], {"beta": 1.0}),
    ("LOG_SOFTMAX", [ROWS], {}),
    ("L2_NORMALIZATION", [IMAGE], NONE),
    ("LOCAL_RESPONSE_NORMALIZATION", [floats(1, 2, 2, 9)], {"radius": 2, "bias": 1.0, "alpha": 0.3, "beta": 0.75}),
    ("DEQUANTIZE", [const(ROWS.astype(np.float16))], {}),
    ("FAKE_QUANT", [ROWS], {"min": -1.3, "max": 1.0, "num_bits": 8}),
    *[(op, [IMAGE, const(ints(1, -2))], {"keep_dims": keep})
      for op in ("MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN") for keep in (True, False)],
    ("REDUCE_PROD", [IMAGE, const(ints(2))], {}),
    *[(op, [TRUTH, const(ints(1))], {}) for op in ("REDUCE_ANY", "REDUCE_ALL")],
    *[(op, [IMAGE, const(ints(3))], {"output_type": "INT32"}) for op in ("ARG_MAX", "ARG_MIN")],
    *[("CUMSUM", [ROWS, const(ints(1))], {"exclusive": a, "reverse": b}) for a in (True, False) for b in (True, False)],
    ("TOPK_V2", [ROWS, const(ints(2))], {}, 2),
    ("RESHAPE", [IMAGE, const(ints(2, -1, 9))], {}),
    ("SQUEEZE", [floats(2, 1, 3, 1)], {"squeeze_dims": [1]}),
    ("SQUEEZE", [floats(2, 1, 3, 1)], {}),
    ("EXPAND_DIMS", [ROWS, const(ints(1))], {}),
    ("TRANSPOSE", [IMAGE, const(ints(0, 3, 1, 2))], {}),
    ("CAST", [WIDE], {"in_data_type": "FLOAT32", "out_data_type": "INT32"}),
    ("CAST", [ints(1, 0, 3)], {"in_data_type": "INT32", "out_data_type": "FLOAT32"}),
    ("SHAPE", [IMAGE], {"out_type": "INT32"}),
    ("RANK", [IMAGE], {}),
    ("SPLIT", [const(ints(3)), IMAGE], {"num_splits": 3}, 3),
    ("SPLIT_V", [floats(2, 7), const(ints(3, 4)), const(ints(1))], {"num_splits": 2}, 2),
    ("CONCATENATION", [floats(2, 3), floats(2, 4)], {"axis": 1, **NONE}),
    ("CONCATENATION", [floats(2, 3), floats(2, 3)], {"axis": -2, **NONE}),
    ("PACK", [floats(2, 3), floats(2, 3) + 1], {"axis": 1, "values_count": 2}),
    ("UNPACK", [floats(2, 3)], {"axis": 1, "num": 3}, 3),
    ("SLICE", [IMAGE, const(ints(0, 1, 2, 0)), const(ints(2, 3, -1, 2))], {}),
    ("STRIDED_SLICE", [IMAGE, const(ints(0, 1, -1, 0)), const(ints(2, 6, 0, 2)), const(ints(1, 2, -2, 1))], {}),
    ("STRIDED_SLICE", [IMAGE, const(ints(0, 3, 1, 0)), const(ints(0, 0, 3, 0)), const(ints(1, 1, 1, 1))],
     {"begin_mask": 9, "end_mask": 9, "shrink_axis_mask": 2}),
    ("GATHER", [IMAGE, const(ints(2, 0, 5))], {"axis": 2}),
    ("GATHER", [ROWS, ints(2, 0)], {"axis": 0}),
    ("GATHER_ND", [IMAGE, const(np.array([[0, 1], [1, 2]], np.int32))], {}),
    ("SCATTER_ND", [const(np.array([[1], [3]], np.int32)), floats(2, 4), const(ints(5, 4))], {}),
    ("PAD", [IMAGE, const(np.array([[0, 0], [1, 2], [0, 1], [0, 0]], np.int32))], {}),
    ("PADV2", [IMAGE, const(np.array([[0, 0], [1, 2], [0, 1], [0, 0]], np.int32)), const(np.float32([-3]))], {}),
    *[("MIRROR_PAD", [IMAGE, const(np.array([[0, 0], [1, 2], [2, 1], [0, 0]], np.int32))], {"mode": mode})
      for mode in ("REFLECT", "SYMMETRIC")],
    ("TILE", [ROWS, const(ints(2, 1))], {}),
    ("BROADCAST_TO", [floats(3, 1), const(ints(3, 4))], {}),
    ("FILL", [const(ints(2, 3)), floats(1)[0:1].reshape(())], {}),
    ("RANGE", [const(np.int32(1)), const(np.int32(9)), const(np.int32(3))], {}),
    ("ZEROS_LIKE", [ROWS], {}),
    ("ONE_HOT", [ints(2, 0), const(np.int32(3)), const(np.float32(2)), const(np.float32(-1))], {"axis": -1}),
    ("DEPTH_TO_SPACE", [floats(2, 3, 2, 12)], {"block_size": 2}),
    ("SPACE_TO_DEPTH", [floats(2, 4, 6, 3)], {"block_size": 2}),
    ("SPACE_TO_BATCH_ND", [floats(2, 3, 4, 3), const(ints(2, 3)), const(np.array([[0, 1], [1, 1]], np.int32))], {}),
    ("BATCH_TO_SPACE_ND", [floats(12, 2, 2, 3), const(ints(2, 3)), const(np.array([[0, 1], [1, 1]], np.int32))], {}),
    ("REVERSE_V2", [ROWS, const(ints(1))], {}),
    lstm(),
    lstm(cell_clip=0.3),
    ("UNIDIRECTIONAL_SEQUENCE_RNN", [floats(3, 6, 5), const(floats(4, 5)), const(floats(4, 4) * 0.3), const(floats(4)),
     const(np.zeros((3, 4), np.float32))], {"fused_activation_function": "TANH"}),
]  # fmt: skip


def name_of(case):
    shapes = "-".join("x".join(map(str, np.shape(each))) for each in case[1] if each is not None)
    return f"{case[0]}-{shapes}-{'-'.join(map(str, case[2].values()))}"


def network(case, quantisation=None):
    """A file of one operator, loaded, and what to feed it."""
    op, given, attributes, *count = case
    names = ["" if each is None else f"x{place}" for place, each in enumerate(given)]
    feeds = {n: np.asarray(v) for n, v in zip(names, given, strict=True) if n and not isinstance(v, Const)}
    constants = {n: np.asarray(v) for n, v in zip(names, given, strict=True) if isinstance(v, Const)}
    outputs = tuple(f"y{place}" for place in range(*count or (1,)))
    takes = tuple(Signature(name, value.shape, value.dtype.name) for name, value in feeds.items())
    gives = tuple(Signature(name, (), "float32") for name in outputs)
    node = Node("y0", f"tflite:{op}", tuple(names), outputs, attributes)
    data = written(Graph((node,), constants, takes, gives, OPSET, quantisation or {}))
    file = read(data, "a")
    return TfliteNetwork(Path("a"), file, graph_of(file)), feeds


def answers(case):
    made, feeds = network(case)
    litert = made._litert(made.file.data, "optimised", True)
    indices = [made.file.names.index(each.name) for each in made.graph.outputs]
    litert.data, given = made.file.data, [feeds[each.name] for each in made.graph.inputs]
    rows = [np.asarray(each) for each in litert._invoked(given, indices)]
    return rows, list(run(made.graph, feeds, dtype=torch.float32).values())


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_litert_and_our_evaluation_of_an_operator_agree(case):
    for expected, answer in zip(*answers(case), strict=True):
        assert answer.shape == expected.shape
        assert answer.dtype.kind == expected.dtype.kind
        np.testing.assert_allclose(answer, expected, rtol=4e-6, atol=4e-6)


def grid(low, high, dtype="int8", symmetric=False):
    """The grid of 256 numbers over a range, zero among them."""
    limits = np.iinfo(dtype)
    scale = max(-low, high) / limits.max if symmetric else (high - low) / (limits.max - limits.min)
    zero = 0 if symmetric else round(limits.min - low / scale)
    return Scheme(np.float32([scale]), np.array([zero]), dtype)


def channels(value, axis):
    """A symmetric grid for each entry of an axis, as weights have them."""
    largest = np.abs(value).max(tuple(each for each in range(value.ndim) if each != axis))
    return Scheme((largest / 127).astype(np.float32), np.zeros(len(largest), np.int64), "int8", axis)


PIXELS = grid(-2, 2)
KERNEL, FILTERS, DENSE = floats(4, 3, 3, 3), floats(1, 3, 3, 3), floats(4, 5)
SAME = {"stride_h": 2, "stride_w": 1, "dilation_h_factor": 1, "dilation_w_factor": 1, "padding": "SAME"}
POOL = {"filter_height": 3, "filter_width": 2, "stride_h": 2, "stride_w": 2, "padding": "SAME"}
ALL = const(ints(1, 2))

# (operator, inputs, attributes, grids of the inputs, grid of the output): biases lie on the product of the two grids.
QUANTISED = [
    ("CONV_2D", [IMAGE, KERNEL, floats(4)], SAME, [PIXELS, channels(KERNEL, 0)], grid(-9, 9)),
    ("CONV_2D", [IMAGE, KERNEL, floats(4)], {**SAME, "fused_activation_function": "RELU6"},
     [grid(-2, 2, "uint8"), grid(-2, 2, "uint8")], grid(0, 6, "uint8")),
    ("DEPTHWISE_CONV_2D", [IMAGE, FILTERS, floats(3)], {**SAME, "stride_w": 2, "depth_multiplier": 1},
     [PIXELS, channels(FILTERS, 3)], grid(-9, 9)),
    ("FULLY_CONNECTED", [ROWS, DENSE, floats(4)], {}, [PIXELS, grid(-2, 2, symmetric=True)], grid(-9, 9)),
    ("AVERAGE_POOL_2D", [IMAGE], POOL, [PIXELS], PIXELS),
    ("MAX_POOL_2D", [IMAGE], POOL, [PIXELS], PIXELS),
    ("ADD", [IMAGE, floats(2, 7, 6, 3) / 2], {}, [PIXELS, grid(-1, 1)], grid(-3, 3)),
    ("SUB", [IMAGE, floats(2, 7, 6, 3) / 2], {}, [PIXELS, grid(-1, 1)], grid(-3, 3)),
    ("MUL", [IMAGE, floats(2, 7, 6, 3) / 2], {}, [PIXELS, grid(-1, 1)], grid(-2, 2)),
    ("CONCATENATION", [IMAGE, IMAGE / 2], {"axis": 3}, [PIXELS, PIXELS], PIXELS),
    ("MEAN", [IMAGE, ALL], {"keep_dims": True}, [PIXELS], grid(-1, 1)),
    ("SOFTMAX", [ROWS], {"beta": 1.0}, [PIXELS], Scheme(np.float32([1 / 256]), np.array([-128]), "int8")),
    ("LOGISTIC", [WIDE], {}, [grid(-30, 30)], Scheme(np.float32([1 / 256]), np.array([-128]), "int8")),
    ("TANH", [ROWS], {}, [PIXELS], Scheme(np.float32([1 / 128]), np.array([0]), "int8")),
    ("HARD_SWISH", [ROWS * 2], {}, [grid(-4, 4)], grid(-1, 4)),
    ("LEAKY_RELU", [ROWS], {"alpha": 0.2}, [PIXELS], PIXELS),
    ("QUANTIZE", [ROWS], {}, [None], PIXELS),
    ("QUANTIZE", [ROWS], {}, [PIXELS], grid(-2, 2, "uint8")),
    ("DEQUANTIZE", [ROWS], {}, [PIXELS], None),
    ("RESHAPE", [IMAGE, const(ints(-1, 9))], {}, [PIXELS], PIXELS),
    ("PAD", [IMAGE, const(np.array([[0, 0], [1, 2], [0, 1], [0, 0]], np.int32))], {}, [PIXELS], PIXELS),
    ("RESIZE_BILINEAR", [IMAGE, const(ints(14, 9))], {"half_pixel_centers": True}, [PIXELS], PIXELS),
    ("BATCH_MATMUL", [floats(2, 3, 5), floats(2, 5, 4)], {}, [PIXELS, PIXELS], grid(-9, 9)),
]  # fmt: skip
WEIGHTED = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")


def stored(case):
    """A case with its integers, and the grids by name."""
    op, inputs, attributes, grids, output = case
    schemes = dict(enumerate(grids))
    if op in WEIGHTED:
        scale = grids[0].scale * grids[1].scale
        schemes[2] = Scheme(scale, np.zeros(len(scale), np.int64), "int32")
    given = [each if schemes.get(place) is None else schemes[place].codes(each) for place, each in enumerate(inputs)]
    given = [const(each) if op in WEIGHTED and place else each for place, each in enumerate(given)]
    named = {f"x{place}": scheme for place, scheme in schemes.items() if scheme is not None}
    return (op, given, attributes), named | ({} if output is None else {"y0": output})


@pytest.mark.parametrize("case", QUANTISED, ids=lambda case: f"{case[0]}-{case[3][0] and case[3][0].dtype}")
def test_litert_and_our_evaluation_agree_on_grids_of_integers(case):
    """To a step of the grid, and on most numbers exactly."""
    plain, schemes = stored(case)
    made, feeds = network(plain, schemes)
    own, ours = made.inner(feeds)["y0"], run(made.graph, feeds)["y0"]
    step = schemes["y0"].scale.max() if "y0" in schemes else 1e-6
    assert own.shape == ours.shape
    assert np.abs(own - ours).max() <= 1.01 * step
    assert (np.abs(own - ours) < 0.5 * step).mean() > 0.8
    assert made.parameters.keys() == made.graph.constants.keys()


def test_every_operator_of_tflite_is_compared():
    known = {name.removeprefix("tflite:") for name in operators() if name.startswith("tflite:")}
    assert known - {case[0] for case in CASES} - {case[0] for case in QUANTISED} == set()
