"""Operators that ONNX Runtime's optimisers fuse are read as what the runtime makes of them, and written back fused."""

import numpy as np
import pytest

from netmend.network.edits import SetAttribute, SetConstant
from netmend.network.evaluate import run
from netmend.network.load import load

pytest.importorskip("onnxruntime")
onnx = pytest.importorskip("onnx")
helper, numpy_helper = onnx.helper, onnx.numpy_helper
MICROSOFT = "com.microsoft"


def number(*shape, seed=0):
    return np.random.default_rng([seed, *shape]).standard_normal(shape).astype(np.float32) / 2


def saved(path, op, inputs, held, attributes, outputs=("y",), opset=17):
    """A file of one fused operator; `inputs` are arrays whose first axis is free."""
    given = [
        helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(value.dtype), ["rows", *value.shape[1:]])
        for name, value in inputs.items()
        if name in op[1]
    ]
    node = helper.make_node(op[0], op[1], list(outputs), name="fused", domain=MICROSOFT, **attributes)
    ends = [helper.make_tensor_value_info(name, 1, None) for name in outputs if name]
    body = helper.make_graph([node], "g", given, ends, [numpy_helper.from_array(v, k) for k, v in held.items()])
    kinds = [helper.make_opsetid("", opset), helper.make_opsetid(MICROSOFT, 1)]
    onnx.save(helper.make_model(body, opset_imports=kinds, ir_version=8), path)
    return path


TOKENS = {"x": number(4, 6, 8)}
WHOLE = {"w": number(8, 24, seed=1), "b": number(24, seed=2)}
ENDS = {**TOKENS, "mask": np.array([6, 3, 1, 5], np.int32)}
SHOWN = {**TOKENS, "mask": np.random.default_rng(0).integers(0, 2, (4, 6)).astype(np.int32)}
PICTURE = {"x": number(3, 4, 7, 7), "z": number(3, 5, 7, 7, seed=4)}
KERNEL = {"k": number(5, 4, 3, 3, seed=3), "b": number(5)}
FACTORS = {"x": number(4, 2, 6, 8), "z": number(4, 2, 8, 5)}
SKIP = {"x": number(4, 6, 8), "z": number(4, 6, 8, seed=5)}
NORM = {"g": number(8, seed=6), "s": number(8, seed=7), "b": number(8, seed=8)}

CASES = {
    "attention": (TOKENS, WHOLE, "Attention", ["x", "w", "b"], {"num_heads": 2}),
    "stated scale": (TOKENS, WHOLE, "Attention", ["x", "w", "b"], {"num_heads": 2, "scale": 0.9}),
    "past alone": (TOKENS, WHOLE, "Attention", ["x", "w", "b"], {"num_heads": 4, "unidirectional": 1}),
    "ends": (ENDS, WHOLE, "Attention", ["x", "w", "b", "mask"], {"num_heads": 2}),
    "shown": (SHOWN, WHOLE, "Attention", ["x", "w", "b", "mask"], {"num_heads": 2, "mask_filter_value": -3.0}),
    "conv": (PICTURE, KERNEL, "FusedConv", ["x", "k", "b"], {"activation": "Relu", "pads": [1, 1, 1, 1]}),
    "leaky": (PICTURE, KERNEL, "FusedConv", ["x", "k"], {"activation": "LeakyRelu", "activation_params": [0.3]}),
    "clipped": (PICTURE, KERNEL, "FusedConv", ["x", "k"], {"activation": "Clip", "activation_params": [0.0, 1.0]}),
    "sum": (PICTURE, KERNEL, "FusedConv", ["x", "k", "b", "z"], {"activation": "Relu", "pads": [1, 1, 1, 1]}),
    "gemm": ({"x": number(5, 8)}, WHOLE, "FusedGemm", ["x", "w", "b"], {"activation": "Relu"}),
    "product": (FACTORS, {}, "FusedMatMul", ["x", "z"], {"alpha": 0.25}),
    "turned": (FACTORS, {}, "FusedMatMul", ["x", "x"], {"transB": 1, "alpha": 0.5}),
    "both turned": (FACTORS, {}, "FusedMatMul", ["z", "x"], {"transA": 1, "transB": 1}),
    "gelu": (TOKENS, {}, "Gelu", ["x"], {}),
    "bias": (TOKENS, NORM, "BiasGelu", ["x", "b"], {}),
    "fast": (TOKENS, NORM, "FastGelu", ["x", "b"], {}),
    "quick": (TOKENS, {}, "QuickGelu", ["x"], {"alpha": 1.5}),
    "norm": (SKIP, NORM, "SkipLayerNormalization", ["x", "z", "g", "s"], {"epsilon": 1e-2}),
    "norm with bias": (SKIP, NORM, "SkipLayerNormalization", ["x", "z", "g", "s", "b"], {}),
}


def written(tmp_path, case, **more):
    inputs, held, op, names, attributes = CASES[case]
    used = {name: value for name, value in held.items() if name in names}
    path = saved(tmp_path / "fused.onnx", (op, names), inputs, used, attributes, **more)
    return path, {name: value for name, value in inputs.items() if name in names}


@pytest.mark.parametrize("opset", [12, 17])
@pytest.mark.parametrize("case", CASES)
def test_fused_operators_are_evaluated_as_the_runtime_does(tmp_path, case, opset):
    path, feeds = written(tmp_path, case, opset=opset)
    network = load(path)
    assert not any(node.op.startswith(MICROSOFT) for node in network.graph.nodes)
    np.testing.assert_allclose(run(network.graph, feeds)["y"], network.outputs(feeds)["y"], rtol=1e-4, atol=2e-5)


def test_the_sum_before_a_normalisation_may_be_asked_for(tmp_path):
    path, feeds = written(tmp_path, "norm with bias", outputs=("y", "", "", "sum"))
    network = load(path)
    found, right = run(network.graph, feeds), network.outputs(feeds)
    for name in ("y", "sum"):
        np.testing.assert_allclose(found[name], right[name], rtol=1e-4, atol=2e-5)


def test_integer_attention_is_evaluated_as_the_runtime_does(tmp_path):
    chance = np.random.default_rng(3)
    held = {
        "w": chance.integers(-100, 100, (8, 24)).astype(np.int8),
        "b": number(24),
        "xs": np.float32(0.01),
        "ws": np.float32(0.005),
        "xz": np.uint8(120),
        "wz": np.int8(0),
    }
    feeds = {"x": chance.integers(0, 255, (4, 6, 8)).astype(np.uint8), "mask": ENDS["mask"]}
    names = ["x", "w", "b", "xs", "ws", "mask", "xz", "wz"]
    network = load(saved(tmp_path / "q.onnx", ("QAttention", names), feeds, held, {"num_heads": 2}))
    np.testing.assert_allclose(run(network.graph, feeds)["y"], network.outputs(feeds)["y"], rtol=1e-4, atol=2e-5)


@pytest.mark.parametrize(
    ("case", "edit"),
    [
        ("attention", SetConstant("w", number(8, 24, seed=9))),
        ("norm with bias", SetConstant("b", np.zeros(8, np.float32))),
        ("norm", SetAttribute("y", "epsilon", 1e-5)),
        ("conv", SetAttribute("y convolved", "pads", [0, 0, 2, 2])),
        ("bias", SetConstant("b", np.zeros(8, np.float32))),
    ],
)
def test_edits_are_written_into_the_fused_operator(tmp_path, case, edit):
    path, feeds = written(tmp_path, case)
    network = load(path)
    network.rewrite(tmp_path / "again.onnx", [edit])
    assert [node.op_type for node in onnx.load(tmp_path / "again.onnx").graph.node] == [CASES[case][2]]
    again = load(tmp_path / "again.onnx")
    before, after = network.outputs(feeds)["y"], again.outputs(feeds)["y"]
    assert np.abs(before - after).max() > 1e-3
    np.testing.assert_allclose(run(again.graph, feeds)["y"], after, rtol=1e-4, atol=2e-5)


@pytest.mark.parametrize(
    "attributes", [{"num_heads": 2, "do_rotary": 1}, {"num_heads": 2, "qkv_hidden_sizes": [8, 8, 8]}]
)
def test_attention_of_other_kinds_stays_as_it_is(tmp_path, attributes):
    path = saved(tmp_path / "x.onnx", ("Attention", ["x", "w", "b"]), TOKENS, WHOLE, attributes)
    assert [node.op for node in load(path, partly=True).graph.nodes] == ["com.microsoft:Attention"]
