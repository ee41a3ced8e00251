"""Every operator of TensorFlow that is read computes the same here, and the same again when it is made anew."""

from dataclasses import replace

import numpy as np
import pytest

from netmend.network.edits import ReplaceNodes
from netmend.network.evaluate import run
from netmend.network.load import load

ROWS = {
    "x": np.random.default_rng(0).normal(size=(4, 6, 6, 4)).astype(np.float32),
    "y": np.random.default_rng(1).uniform(0.2, 2.0, size=(4, 6)).astype(np.float32),
    "n": np.random.default_rng(2).integers(1, 6, size=(4, 6)).astype(np.int32),
}


def operators(tf, x, y, n):
    """Name to tensor; y is positive, n are whole numbers from 1."""
    drawn = np.random.default_rng(3)
    kernel, deep, back = (drawn.normal(size=shape).astype("f") for shape in ((3, 3, 4, 2), (3, 3, 4, 1), (3, 3, 5, 4)))
    matrix, raw = tf.constant(drawn.normal(size=(6, 3)).astype("f")), tf.raw_ops
    small, flat = y - 1.0, tf.reshape(x, (-1, 36, 4))
    return {
        "add": small + y, "sub": small - y, "mul": small * y, "div": small / y, "pow": y**1.5,
        "whole div": tf.cast(n // 2, tf.float32), "mod": tf.cast(n % 3, tf.float32),
        "max": tf.maximum(small, 0.3), "min": tf.minimum(small, 0.3), "squared": tf.math.squared_difference(small, y),
        "relu": tf.nn.relu(small), "relu6": tf.nn.relu6(small * 9), "sigmoid": tf.sigmoid(small),
        "tanh": tf.tanh(small),
        "exp": tf.exp(small), "log": tf.math.log(y), "sqrt": tf.sqrt(y), "rsqrt": tf.math.rsqrt(y), "neg": -small,
        "abs": tf.abs(small), "floor": tf.floor(small), "ceil": tf.math.ceil(small), "round": tf.round(small),
        "sin": tf.sin(small), "cos": tf.cos(small), "sign": tf.sign(small), "square": tf.square(small),
        "elu": tf.nn.elu(small), "selu": tf.nn.selu(small), "softplus": tf.nn.softplus(small),
        "softsign": tf.nn.softsign(small), "erf": tf.math.erf(small), "erfc": tf.math.erfc(small),
        "reciprocal": tf.math.reciprocal(y), "leaky": tf.nn.leaky_relu(small, 0.3), "softmax": tf.nn.softmax(small),
        "log softmax": tf.nn.log_softmax(small), "gelu": tf.nn.gelu(small), "clip": tf.clip_by_value(small, -0.2, 0.4),
        "where": tf.where((small > 0) & (small <= 0.7) | ~(small < 0.9), small, y),
        "select": raw.Select(condition=small[:, 0] > 0, x=small, y=y),
        "equal": tf.cast(tf.equal(n, 2), tf.float32), "unequal": tf.cast(tf.not_equal(n, 2), tf.float32),
        "tile": tf.tile(small, (1, 2)), "fill": tf.fill((2, 3), 1.5) + small[0, 0],
        "pad": tf.pad(small, ((0, 0), (1, 2))),
        "pad by": tf.pad(small, ((0, 0), (1, 2)), constant_values=3.0),
        "mirror": tf.pad(small, ((0, 0), (2, 1)), "REFLECT"),
        "mirror too": tf.pad(small, ((0, 0), (2, 1)), "SYMMETRIC"),
        "turned": tf.transpose(x, (0, 3, 1, 2)), "expanded": tf.expand_dims(small, 1),
        "squeezed": tf.squeeze(tf.expand_dims(small, 1), 1), "slice": tf.slice(small, (0, 1), (-1, 3)),
        "strided": x[:, ::2, 1, -3:], "gather": tf.gather(small, (2, 0, 5), axis=1),
        "reversed": tf.reverse(small, (1,)),
        "concat": tf.concat((small, y), 1), "pack": tf.stack((small, y), 1), "unpack": tf.unstack(small, axis=1)[2],
        "split": tf.split(small, 3, 1)[1], "split by": tf.split(small, (2, 4), 1)[1],
        "one hot": tf.one_hot(n, 6), "depth": tf.nn.depth_to_space(x, 2), "space": tf.nn.space_to_depth(x, 2),
        "batch": tf.batch_to_space(tf.space_to_batch(x, (2, 2), ((0, 0), (0, 0))), (2, 2), ((0, 0), (0, 0))),
        "mean": tf.reduce_mean(x, (1, 2)), "sum": tf.reduce_sum(x, (1, 2), True), "largest": tf.reduce_max(x, 3),
        "least": tf.reduce_min(x, 3), "product": tf.reduce_prod(y, 1),
        "any": tf.cast(tf.reduce_any(small > 0.5, 1), tf.float32),
        "all": tf.cast(tf.reduce_all(small > -0.9, 1), tf.float32),
        "place": tf.cast(tf.argmax(small, 1), tf.float32), "least place": tf.cast(tf.argmin(small, 1), tf.float32),
        "cumulated": tf.cumsum(small, 1, exclusive=True, reverse=True), "top": tf.math.top_k(small, 2)[0],
        "product of matrices": tf.matmul(small, matrix), "turned product": tf.matmul(flat, flat, transpose_b=True),
        "einsum": tf.einsum("bij,bkj->bik", flat, flat), "lrn": tf.nn.lrn(x, 2, 1.0, 0.2, 0.6),
        "conv": tf.nn.bias_add(tf.nn.conv2d(x, kernel, 2, "SAME"), (0.5, -0.5)),
        "dilated": tf.nn.conv2d(x, kernel, 1, "VALID", dilations=2),
        "deep": tf.nn.depthwise_conv2d(x, deep, (1, 2, 2, 1), "SAME"),
        "back": tf.nn.conv2d_transpose(x, back, (4, 12, 12, 5), 2, "SAME"),
        "max pool": tf.nn.max_pool2d(x, 3, 2, "SAME"), "mean pool": tf.nn.avg_pool2d(x, 3, 2, "SAME"),
        "bilinear": raw.ResizeBilinear(images=x, size=(9, 9), half_pixel_centers=True),
        "nearest": raw.ResizeNearestNeighbor(images=x, size=(9, 9), half_pixel_centers=True),
        "sum of many": tf.add_n((small, y, small)), "like": tf.zeros_like(small) + small,
        "range": tf.range(0.0, 3.0, 0.5) * small, "spread": tf.broadcast_to(small[:, :1], (4, 6)) * y,
        "gathered": tf.gather_nd(x, tf.constant(((0, 1), (2, 3)))),
        "scattered": tf.scatter_nd(((1,), (3,)), small[:2], (5, 6)),
    }  # fmt: skip


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    pytest.importorskip("tensorflow")
    from netmend.network.backends._saved_model_file import tensorflow

    tf = tensorflow()

    class All(tf.Module):
        @tf.function(
            input_signature=[
                tf.TensorSpec([None, 6, 6, 4], tf.float32, name="x"),
                tf.TensorSpec([None, 6], tf.float32, name="y"),
                tf.TensorSpec([None, 6], tf.int32, name="n"),
            ]
        )
        def answer(self, x, y, n):
            return {name.replace(" ", "_"): value for name, value in operators(tf, x, y, n).items()}

    net, path = All(), tmp_path_factory.mktemp("all") / "net"
    tf.saved_model.save(net, str(path), signatures=net.answer)
    return load(path)


def test_each_is_evaluated_as_tensorflow_does(network):
    theirs, ours = network.outputs(ROWS), run(network.graph, ROWS)
    assert len(theirs) > 75
    for name, value in theirs.items():
        np.testing.assert_allclose(ours[name], value, rtol=1e-4, atol=1e-5, err_msg=name)


def test_each_made_anew_computes_the_same(network, tmp_path):
    edits = [ReplaceNodes(node.outputs[:1], (replace(node),)) for node in network.graph.nodes]
    network.rewrite(tmp_path / "anew", edits)
    again, before = load(tmp_path / "anew").outputs(ROWS), network.outputs(ROWS)
    for (name, value), other in zip(before.items(), again.values(), strict=True):
        np.testing.assert_allclose(other, value, rtol=1e-5, atol=1e-6, err_msg=name)
