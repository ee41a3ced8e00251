"""Keras models of the battery: layers with their options, and small networks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import TYPE_CHECKING, Any

from bench.conversion.real.inputs import Taken, normal, positive, whole

if TYPE_CHECKING:
    from bench.conversion.real.torch_layers import Made

IMAGE, SIGNAL, VOLUME, VECTOR, STEPS = normal(9, 8, 4), normal(13, 4), normal(5, 6, 7, 2), normal(6), normal(5, 6)


def models() -> Iterator[Made]:
    """All of them."""
    for part in (_convolutions, _pools, _activations, _norms, _shapes, _recurrent, _operations, _pictures):
        for name, layers, taken in part():
            yield name, lambda layers=layers, taken=taken: _chained(layers, taken), taken  # type: ignore[misc]


Chained = tuple[str, Callable[..., Any], tuple[Taken, ...]]


def _chained(layers: Callable[..., Any], taken: tuple[Taken, ...]) -> Any:
    """A model of the layers one after another, or of what they make of several inputs."""
    keras: Any = import_module("keras")

    inputs = [keras.Input(each.shape, dtype=each.dtype) for each in taken]
    made = layers()
    if isinstance(made, list):
        value = inputs[0]
        for each in made:
            value = each(value)
        return keras.Model(inputs, value)
    return keras.Model(inputs, made(*inputs))


def _convolutions() -> Iterator[Chained]:
    k: Any = import_module("keras").layers

    yield "conv1d", lambda: [k.Conv1D(6, 3)], (SIGNAL,)
    yield "conv1d-causal", lambda: [k.Conv1D(6, 3, padding="causal", dilation_rate=2)], (SIGNAL,)
    yield "conv1d-same-stride", lambda: [k.Conv1D(6, 4, strides=2, padding="same")], (SIGNAL,)
    yield "conv1d-dilated", lambda: [k.Conv1D(6, 3, dilation_rate=2)], (SIGNAL,)
    yield "conv2d", lambda: [k.Conv2D(6, 3)], (IMAGE,)
    yield "conv2d-same", lambda: [k.Conv2D(6, 3, padding="same")], (IMAGE,)
    yield "conv2d-same-stride", lambda: [k.Conv2D(6, 3, strides=2, padding="same")], (IMAGE,)
    yield "conv2d-same-stride-even", lambda: [k.Conv2D(6, 3, strides=2, padding="same")], (normal(8, 8, 4),)
    yield "conv2d-same-even-kernel", lambda: [k.Conv2D(6, 4, padding="same")], (IMAGE,)
    yield "conv2d-uneven-stride", lambda: [k.Conv2D(6, (3, 2), strides=(1, 2), padding="same")], (IMAGE,)
    yield "conv2d-dilated", lambda: [k.Conv2D(6, 3, dilation_rate=2)], (IMAGE,)
    yield "conv2d-dilated-same", lambda: [k.Conv2D(6, 3, dilation_rate=(1, 2), padding="same")], (IMAGE,)
    yield "conv2d-groups", lambda: [k.Conv2D(6, 3, groups=2)], (IMAGE,)
    yield "conv2d-activation", lambda: [k.Conv2D(6, 3, activation="relu")], (IMAGE,)
    yield "conv2d-channels-first", lambda: [k.Permute((3, 1, 2)), k.Permute((2, 3, 1)), k.Conv2D(3, 1)], (IMAGE,)
    yield "conv3d", lambda: [k.Conv3D(3, 3, padding="same")], (VOLUME,)
    yield "conv3d-stride", lambda: [k.Conv3D(3, (1, 3, 2), strides=2)], (VOLUME,)
    yield "depthwise", lambda: [k.DepthwiseConv2D(3, padding="same")], (IMAGE,)
    yield "depthwise-twofold-stride", lambda: [k.DepthwiseConv2D(3, 2, "same", depth_multiplier=2)], (IMAGE,)
    yield "depthwise-dilated", lambda: [k.DepthwiseConv2D(3, dilation_rate=2)], (IMAGE,)
    yield "depthwise1d", lambda: [k.DepthwiseConv1D(3, padding="same")], (SIGNAL,)
    yield "separable2d", lambda: [k.SeparableConv2D(5, 3, strides=2, padding="same")], (IMAGE,)
    yield "separable1d", lambda: [k.SeparableConv1D(5, 3)], (SIGNAL,)
    yield "deconv1d", lambda: [k.Conv1DTranspose(3, 3, strides=2, padding="same")], (SIGNAL,)
    yield "deconv2d", lambda: [k.Conv2DTranspose(3, 3)], (IMAGE,)
    yield "deconv2d-same-stride", lambda: [k.Conv2DTranspose(3, 3, strides=2, padding="same")], (IMAGE,)
    yield "deconv2d-valid-stride", lambda: [k.Conv2DTranspose(3, 2, strides=3)], (IMAGE,)
    yield "deconv2d-output-pad", lambda: [k.Conv2DTranspose(3, 3, 2, "same", output_padding=0)], (IMAGE,)
    yield "deconv2d-even-kernel", lambda: [k.Conv2DTranspose(3, 4, strides=2, padding="same")], (IMAGE,)
    yield "deconv2d-dilated", lambda: [k.Conv2DTranspose(3, 3, dilation_rate=2)], (IMAGE,)
    yield "deconv3d", lambda: [k.Conv3DTranspose(3, 3, strides=2, padding="same")], (VOLUME,)
    yield "dense", lambda: [k.Dense(4)], (VECTOR,)
    yield "dense-of-steps", lambda: [k.Dense(4, activation="tanh")], (STEPS,)
    yield "dense-no-bias", lambda: [k.Dense(4, use_bias=False)], (VECTOR,)
    yield "einsum-dense", lambda: [k.EinsumDense("abc,cde->abde", output_shape=(None, 2, 3), bias_axes="e")], (STEPS,)
    yield "embedding", lambda: [k.Embedding(11, 5)], (whole(7, below=11),)
    yield "embedding-mask-lstm", lambda: [k.Embedding(5, 6, mask_zero=True), k.LSTM(4)], (whole(7, below=5),)


def _pools() -> Iterator[Chained]:
    k: Any = import_module("keras").layers

    yield "maxpool1d-same", lambda: [k.MaxPooling1D(3, 2, "same")], (SIGNAL,)
    yield "maxpool2d", lambda: [k.MaxPooling2D(2)], (IMAGE,)
    yield "maxpool2d-same", lambda: [k.MaxPooling2D(3, 2, "same")], (IMAGE,)
    yield "maxpool3d-same", lambda: [k.MaxPooling3D(2, padding="same")], (VOLUME,)
    yield "avgpool1d-same", lambda: [k.AveragePooling1D(3, 2, "same")], (SIGNAL,)
    yield "avgpool2d", lambda: [k.AveragePooling2D(2)], (IMAGE,)
    yield "avgpool2d-same", lambda: [k.AveragePooling2D(3, 2, "same")], (IMAGE,)
    yield "avgpool2d-same-1", lambda: [k.AveragePooling2D(3, 1, "same")], (IMAGE,)
    yield "avgpool3d", lambda: [k.AveragePooling3D(2)], (VOLUME,)
    yield "avgpool3d-same", lambda: [k.AveragePooling3D(3, 2, "same")], (VOLUME,)
    yield "global-avg2d", lambda: [k.GlobalAveragePooling2D()], (IMAGE,)
    yield "global-avg2d-kept", lambda: [k.GlobalAveragePooling2D(keepdims=True)], (IMAGE,)
    yield "global-max2d", lambda: [k.GlobalMaxPooling2D()], (IMAGE,)
    yield "global-max1d", lambda: [k.GlobalMaxPooling1D()], (SIGNAL,)
    yield "global-avg3d", lambda: [k.GlobalAveragePooling3D()], (VOLUME,)
    yield "adaptive-avg2d", lambda: [k.AdaptiveAveragePooling2D((3, 4))], (IMAGE,)
    yield "adaptive-avg2d-uneven", lambda: [k.AdaptiveAveragePooling2D((4, 5))], (IMAGE,)
    yield "adaptive-max2d", lambda: [k.AdaptiveMaxPooling2D((3, 4))], (IMAGE,)


def _activations() -> Iterator[Chained]:
    k: Any = import_module("keras").layers

    for name in ("relu", "relu6", "elu", "selu", "celu", "gelu", "silu", "mish", "sigmoid", "tanh", "softplus",
                 "softsign", "hard_sigmoid", "hard_silu", "hard_tanh", "hard_shrink", "soft_shrink", "tanh_shrink",
                 "log_sigmoid", "exponential", "leaky_relu", "squareplus", "sparse_plus", "linear", "softmax",
                 "log_softmax", "glu", "sparse_sigmoid"):  # fmt: skip
        yield f"act-{name.replace('_', '-')}", lambda name=name: [k.Activation(name)], (IMAGE,)
    yield "act-gelu-tanh", lambda: lambda x: _keras().ops.gelu(x, approximate=True), (IMAGE,)
    yield "act-gelu-exact", lambda: lambda x: _keras().ops.gelu(x, approximate=False), (IMAGE,)
    yield "act-prelu", lambda: [k.PReLU(alpha_initializer="uniform", shared_axes=[1, 2])], (IMAGE,)
    yield "act-prelu-whole", lambda: [k.PReLU(alpha_initializer="uniform")], (IMAGE,)
    yield "act-leaky", lambda: [k.LeakyReLU(negative_slope=0.2)], (IMAGE,)
    yield "act-relu-options", lambda: [k.ReLU(max_value=1.5, negative_slope=0.1, threshold=0.2)], (IMAGE,)
    yield "act-elu-alpha", lambda: [k.ELU(alpha=0.4)], (IMAGE,)
    yield "softmax-axis-1", lambda: [k.Softmax(axis=1)], (IMAGE,)
    yield "softmax-two-axes", lambda: [k.Softmax(axis=(1, 2))], (IMAGE,)


def _keras() -> Any:
    keras: Any = import_module("keras")

    return keras


def _norms() -> Iterator[Chained]:
    k: Any = import_module("keras").layers

    yield "batchnorm", lambda: [k.BatchNormalization()], (IMAGE,)
    yield "batchnorm-eps", lambda: [k.BatchNormalization(epsilon=0.1, scale=False)], (IMAGE,)
    yield "batchnorm-axis-1", lambda: [k.BatchNormalization(axis=1)], (IMAGE,)
    yield "batchnorm-vector", lambda: [k.BatchNormalization(center=False)], (VECTOR,)
    yield "conv-batchnorm", lambda: [k.Conv2D(6, 3, use_bias=False), k.BatchNormalization()], (IMAGE,)
    yield "depthwise-batchnorm", lambda: [k.DepthwiseConv2D(3), k.BatchNormalization(), k.ReLU(6.0)], (IMAGE,)
    yield "layernorm", lambda: [k.LayerNormalization()], (STEPS,)
    yield "layernorm-axes", lambda: [k.LayerNormalization(axis=(1, 2))], (IMAGE,)
    yield "layernorm-eps", lambda: [k.LayerNormalization(epsilon=0.1, center=False)], (STEPS,)
    yield "groupnorm", lambda: [k.GroupNormalization(2)], (IMAGE,)
    yield "groupnorm-instance", lambda: [k.GroupNormalization(-1)], (IMAGE,)
    yield "rmsnorm", lambda: [k.RMSNormalization()], (STEPS,)
    yield "unitnorm", lambda: [k.UnitNormalization()], (STEPS,)
    yield "normalization", lambda: [k.Normalization(mean=[0.1, 0.2, 0.3, 0.4], variance=[1, 2, 3, 4.0])], (IMAGE,)
    yield "rescaling", lambda: [k.Rescaling(1 / 127.5, offset=-1.0)], (IMAGE,)


def _shapes() -> Iterator[Chained]:
    k: Any = import_module("keras").layers

    yield "flatten", lambda: [k.Conv2D(3, 3), k.Flatten(), k.Dense(4)], (IMAGE,)
    yield "reshape", lambda: [k.Reshape((8, 36))], (IMAGE,)
    yield "permute", lambda: [k.Permute((3, 1, 2))], (IMAGE,)
    yield "repeat-vector", lambda: [k.RepeatVector(3)], (VECTOR,)
    yield "cropping2d", lambda: [k.Cropping2D(((1, 2), (0, 3)))], (IMAGE,)
    yield "cropping1d", lambda: [k.Cropping1D((2, 3))], (SIGNAL,)
    yield "zeropad2d", lambda: [k.ZeroPadding2D(((1, 2), (0, 3)))], (IMAGE,)
    yield "zeropad1d", lambda: [k.ZeroPadding1D((2, 0))], (SIGNAL,)
    yield "zeropad3d", lambda: [k.ZeroPadding3D(1)], (VOLUME,)
    yield "zeropad-conv-stride", lambda: [k.ZeroPadding2D(1), k.Conv2D(6, 3, strides=2)], (IMAGE,)
    yield "upsampling1d", lambda: [k.UpSampling1D(2)], (SIGNAL,)
    yield "upsampling2d", lambda: [k.UpSampling2D(2)], (IMAGE,)
    yield "upsampling2d-bilinear", lambda: [k.UpSampling2D(2, interpolation="bilinear")], (IMAGE,)
    yield "upsampling2d-uneven", lambda: [k.UpSampling2D((2, 3))], (IMAGE,)
    yield "upsampling2d-bicubic", lambda: [k.UpSampling2D(2, interpolation="bicubic")], (IMAGE,)
    yield "upsampling3d", lambda: [k.UpSampling3D(2)], (VOLUME,)
    for mode in ("nearest", "bilinear", "bicubic", "lanczos3", "area"):
        yield f"resizing-{mode}", lambda mode=mode: [k.Resizing(13, 11, interpolation=mode)], (IMAGE,)
        yield f"resizing-down-{mode}", lambda mode=mode: [k.Resizing(4, 3, interpolation=mode)], (IMAGE,)
    yield "resizing-antialias", lambda: [k.Resizing(4, 3, antialias=True)], (IMAGE,)
    yield "center-crop", lambda: [k.CenterCrop(5, 5)], (IMAGE,)


def _recurrent() -> Iterator[Chained]:
    k: Any = import_module("keras").layers

    for kind in (k.LSTM, k.GRU, k.SimpleRNN):
        name = kind.__name__.lower()
        yield name, lambda kind=kind: [kind(4)], (STEPS,)
        yield f"{name}-steps", lambda kind=kind: [kind(4, return_sequences=True)], (STEPS,)
        yield f"{name}-backwards", lambda kind=kind: [kind(4, go_backwards=True, return_sequences=True)], (STEPS,)
        yield f"{name}-both-ways", lambda kind=kind: [k.Bidirectional(kind(4, return_sequences=True))], (STEPS,)
        yield f"{name}-both-ways-sum", lambda kind=kind: [k.Bidirectional(kind(4), merge_mode="sum")], (STEPS,)
    yield "lstm-hard-sigmoid", lambda: [k.LSTM(4, recurrent_activation="hard_sigmoid")], (STEPS,)
    yield "lstm-relu", lambda: [k.LSTM(4, activation="relu", use_bias=False)], (STEPS,)
    yield "lstm-forget-bias", lambda: [k.LSTM(4, unit_forget_bias=False, return_sequences=True), k.GRU(3)], (STEPS,)
    yield "gru-reset-before", lambda: [k.GRU(4, reset_after=False)], (STEPS,)
    yield "convlstm2d", lambda: [k.ConvLSTM2D(2, 3, padding="same")], (normal(3, 5, 6, 2),)
    yield "time-distributed", lambda: [k.TimeDistributed(k.Conv2D(3, 3))], (normal(3, 5, 6, 2),)
    yield "attention", lambda: lambda x: k.MultiHeadAttention(2, 3)(x, x), (STEPS,)
    yield "attention-causal", lambda: lambda x: k.MultiHeadAttention(2, 3)(x, x, use_causal_mask=True), (STEPS,)
    yield "attention-grouped", lambda: lambda x: k.GroupQueryAttention(3, 4, 2)(x, x), (STEPS,)
    yield "dot-attention", lambda: lambda x, y: k.Attention(use_scale=False)([x, y]), (STEPS, normal(4, 6))
    yield "additive-attention", lambda: lambda x, y: k.AdditiveAttention()([x, y]), (STEPS, normal(4, 6))


def _operations() -> Iterator[Chained]:
    k: Any = import_module("keras").layers

    pair = VECTOR, normal(6)
    for each in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate"):
        yield f"merge-{each.lower()}", lambda each=each: lambda *x: getattr(k, each)()(list(x)), pair
    yield "merge-dot", lambda: lambda x, y: k.Dot(axes=(2, 2), normalize=True)([x, y]), (STEPS, normal(4, 6))
    yield "merge-concat-axis", lambda: lambda x: k.Concatenate(axis=1)([x, x]), (IMAGE,)

    def op(name: str, **options: Any) -> Callable[[], Any]:
        return lambda: lambda *x: getattr(_keras().ops, name)(*x, **options)

    for name in ("exp", "abs", "sin", "floor", "ceil", "round", "sign", "square", "erf", "expm1", "negative", "cos",
                 "arctan", "sinh"):  # fmt: skip
        yield f"op-{name}", op(name), (VECTOR,)
    for name in ("log", "sqrt", "rsqrt", "reciprocal", "log1p", "log2"):
        yield f"op-{name}", op(name), (positive(6),)
    for name in ("mean", "sum", "max", "prod", "var", "std", "logsumexp", "argmax", "argmin", "cumsum", "flip", "sort",
                 "argsort", "min"):  # fmt: skip
        yield f"op-{name}", op(name, axis=1), (IMAGE,)
    for name in ("floor_divide", "mod", "maximum", "power", "arctan2", "logaddexp", "divide_no_nan"):
        yield f"op-{name.replace('_', '-')}", op(name), (positive(6), normal(6) if name != "power" else positive(6))
    yield "op-mod-negative", op("mod"), (normal(6), positive(6))
    yield "op-floor-divide-negative", op("floor_divide"), (normal(6), positive(6))
    yield "op-clip", op("clip", x_min=-0.4, x_max=0.7), (VECTOR,)
    yield "op-roll", op("roll", shift=2, axis=1), (IMAGE,)
    yield "op-pad-reflect", op("pad", pad_width=((0, 0), (1, 2), (2, 1), (0, 0)), mode="reflect"), (IMAGE,)
    yield "op-pad-symmetric", op("pad", pad_width=((0, 0), (1, 2), (2, 1), (0, 0)), mode="symmetric"), (IMAGE,)
    yield "op-top-k", lambda: lambda x: _keras().ops.top_k(x, 3)[0], (VECTOR,)
    yield "op-tril", op("tril", k=1), (normal(5, 6),)
    yield "op-one-hot", op("one_hot", num_classes=7), (whole(4, below=7),)
    yield "op-normalize", op("normalize", axis=1), (IMAGE,)
    yield "op-einsum", lambda: lambda x, y: _keras().ops.einsum("bij,bkj->bik", x, y), (STEPS, normal(4, 6))
    yield "op-where", lambda: lambda x, y: _keras().ops.where(x > y, x, 2 * y), pair
    yield "op-take", lambda: lambda x: _keras().ops.take(x, [2, 0], axis=1), (IMAGE,)
    yield "op-slice", lambda: lambda x: x[:, 1:7:2, ::-1, :3], (IMAGE,)


def _pictures() -> Iterator[Chained]:
    k: Any = import_module("keras").layers

    def inverted(x: Any) -> Any:
        y = k.Conv2D(8, 1, use_bias=False)(x)
        y = k.ReLU(6.0)(k.BatchNormalization()(y))
        y = k.DepthwiseConv2D(3, 1, padding="same", use_bias=False)(y)
        y = k.Activation("hard_silu")(k.BatchNormalization()(y))
        gate = k.Dense(8, activation="sigmoid")(k.GlobalAveragePooling2D(keepdims=True)(y))
        return k.Add()([x, k.Conv2D(4, 1)(k.Multiply()([y, gate]))])

    def narrow(x: Any) -> Any:
        y = k.MaxPooling2D(2, padding="same")(k.Conv2D(6, 3, padding="same", activation="gelu")(x))
        y = k.Conv2DTranspose(4, 3, strides=2, padding="same")(y)
        return k.Concatenate()([k.Cropping2D(((0, 1), (0, 0)))(y), x])

    yield "net-inverted", lambda: inverted, (IMAGE,)
    yield "net-narrow", lambda: narrow, (IMAGE,)
    yield (
        "net-classifier",
        lambda: [
            k.Conv2D(6, 3, strides=2, padding="same", activation="relu"), k.AveragePooling2D(3, 2, "same"),
            k.SeparableConv2D(5, 3, padding="same"), k.LayerNormalization(), k.Flatten(), k.Dropout(0.5),
            k.Dense(4, activation="softmax"),
        ],
        (IMAGE,),
    )  # fmt: skip
    yield "net-words", lambda: [k.Embedding(9, 6), k.Bidirectional(k.GRU(4)), k.Dense(3)], (whole(5, below=9),)
    yield "net-signal", lambda: [k.Conv1D(6, 4, padding="causal"), k.MaxPooling1D(2), k.LSTM(4), k.Dense(2)], (SIGNAL,)
