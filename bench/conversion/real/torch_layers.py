"""PyTorch modules of the battery: layers with their options. Weights are drawn from the case's name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from bench.conversion.real.inputs import Taken, normal, unit, whole

Made = tuple[str, Callable[[], Any], tuple[Taken, ...]]
"""Name, what builds the module, and what it takes."""

IMAGE, SIGNAL, VOLUME, VECTOR, STEPS = normal(4, 9, 8), normal(4, 13), normal(2, 5, 6, 7), normal(6), normal(5, 6)


def layers() -> Iterator[Made]:
    """All of them."""
    for part in (_convolutions, _transposed, _pools, _activations, _norms, _resizes, _pads, _recurrent, _attention):
        yield from part()


def _convolutions() -> Iterator[Made]:
    from torch import nn

    yield "conv1d", lambda: nn.Conv1d(4, 6, 3), (SIGNAL,)
    yield "conv1d-stride-pad", lambda: nn.Conv1d(4, 6, 3, stride=2, padding=1), (SIGNAL,)
    yield "conv1d-same-dilated", lambda: nn.Conv1d(4, 6, 4, padding="same", dilation=2), (SIGNAL,)
    yield "conv1d-circular", lambda: nn.Conv1d(4, 6, 3, padding=1, padding_mode="circular"), (SIGNAL,)
    yield "conv1d-groups", lambda: nn.Conv1d(4, 8, 3, groups=2), (SIGNAL,)
    yield "conv2d", lambda: nn.Conv2d(4, 6, 3), (IMAGE,)
    yield "conv2d-no-bias", lambda: nn.Conv2d(4, 6, 3, bias=False), (IMAGE,)
    yield "conv2d-pointwise", lambda: nn.Conv2d(4, 6, 1), (IMAGE,)
    yield "conv2d-stride", lambda: nn.Conv2d(4, 6, 3, stride=2), (IMAGE,)
    yield "conv2d-stride-pad", lambda: nn.Conv2d(4, 6, 3, stride=2, padding=1), (IMAGE,)
    yield "conv2d-uneven", lambda: nn.Conv2d(4, 6, (3, 5), stride=(2, 1), padding=(1, 2)), (IMAGE,)
    yield "conv2d-even-kernel-same", lambda: nn.Conv2d(4, 6, 4, padding="same"), (IMAGE,)
    yield "conv2d-same-dilated", lambda: nn.Conv2d(4, 6, 3, padding="same", dilation=2), (IMAGE,)
    yield "conv2d-dilated-pad", lambda: nn.Conv2d(4, 6, 3, padding=2, dilation=2), (IMAGE,)
    yield "conv2d-dilated-uneven", lambda: nn.Conv2d(4, 6, 3, dilation=(1, 2)), (IMAGE,)
    yield "conv2d-groups", lambda: nn.Conv2d(4, 6, 3, groups=2, padding=1), (IMAGE,)
    yield "conv2d-depthwise", lambda: nn.Conv2d(4, 4, 3, groups=4, padding=1), (IMAGE,)
    yield "conv2d-depthwise-twofold", lambda: nn.Conv2d(4, 8, 3, groups=4, stride=2, padding=1), (IMAGE,)
    yield "conv2d-reflect", lambda: nn.Conv2d(4, 6, 3, padding=1, padding_mode="reflect"), (IMAGE,)
    yield "conv2d-replicate", lambda: nn.Conv2d(4, 6, 3, padding=1, padding_mode="replicate"), (IMAGE,)
    yield "conv2d-circular", lambda: nn.Conv2d(4, 6, 3, padding=(1, 2), padding_mode="circular"), (IMAGE,)
    yield "conv3d", lambda: nn.Conv3d(2, 3, 3, padding=1), (VOLUME,)
    yield "conv3d-stride-groups", lambda: nn.Conv3d(2, 4, (1, 3, 2), stride=(1, 2, 2), groups=2), (VOLUME,)
    yield "linear", lambda: nn.Linear(6, 4), (VECTOR,)
    yield "linear-no-bias", lambda: nn.Linear(6, 4, bias=False), (VECTOR,)
    yield "linear-of-steps", lambda: nn.Linear(6, 4), (STEPS,)
    yield "bilinear", lambda: nn.Bilinear(6, 5, 3), (VECTOR, normal(5))
    yield "embedding", lambda: nn.Embedding(11, 5), (whole(7, below=11),)
    yield "embedding-padding-index", lambda: nn.Embedding(11, 5, padding_idx=0), (whole(7, below=11),)
    yield "unfold", lambda: nn.Unfold((2, 3), stride=2, padding=1), (IMAGE,)
    yield "fold", lambda: nn.Fold((6, 8), (2, 2), stride=2), (normal(16, 12),)


def _transposed() -> Iterator[Made]:
    from torch import nn

    yield "deconv1d", lambda: nn.ConvTranspose1d(4, 3, 3, stride=2), (SIGNAL,)
    yield "deconv2d", lambda: nn.ConvTranspose2d(4, 3, 3), (IMAGE,)
    yield "deconv2d-stride", lambda: nn.ConvTranspose2d(4, 3, 2, stride=2), (IMAGE,)
    yield "deconv2d-pad", lambda: nn.ConvTranspose2d(4, 3, 3, stride=2, padding=1), (IMAGE,)
    yield "deconv2d-output-pad", lambda: nn.ConvTranspose2d(4, 3, 3, 2, padding=1, output_padding=1), (IMAGE,)
    yield "deconv2d-uneven", lambda: nn.ConvTranspose2d(4, 3, (3, 2), stride=(2, 3), padding=(1, 0)), (IMAGE,)
    yield "deconv2d-groups", lambda: nn.ConvTranspose2d(4, 6, 3, stride=2, groups=2), (IMAGE,)
    yield "deconv2d-depthwise", lambda: nn.ConvTranspose2d(4, 4, 4, stride=2, padding=1, groups=4), (IMAGE,)
    yield "deconv2d-dilated", lambda: nn.ConvTranspose2d(4, 3, 3, stride=2, dilation=2), (IMAGE,)
    yield "deconv3d", lambda: nn.ConvTranspose3d(2, 3, 3, stride=2, padding=1, output_padding=1), (VOLUME,)


def _pools() -> Iterator[Made]:
    from torch import nn

    yield "maxpool1d", lambda: nn.MaxPool1d(3, 2, padding=1), (SIGNAL,)
    yield "maxpool2d", lambda: nn.MaxPool2d(2), (IMAGE,)
    yield "maxpool2d-pad", lambda: nn.MaxPool2d(3, 2, padding=1), (IMAGE,)
    yield "maxpool2d-ceil", lambda: nn.MaxPool2d(2, ceil_mode=True), (IMAGE,)
    yield "maxpool2d-ceil-pad", lambda: nn.MaxPool2d(3, 2, padding=1, ceil_mode=True), (IMAGE,)
    yield "maxpool2d-dilated", lambda: nn.MaxPool2d(3, 1, dilation=2), (IMAGE,)
    yield "maxpool2d-dilated-ceil", lambda: nn.MaxPool2d(3, 2, padding=1, dilation=2, ceil_mode=True), (IMAGE,)
    yield "maxpool3d", lambda: nn.MaxPool3d(2, ceil_mode=True), (VOLUME,)
    yield "avgpool1d", lambda: nn.AvgPool1d(3, 2, padding=1), (SIGNAL,)
    yield "avgpool1d-ceil", lambda: nn.AvgPool1d(4, 3, padding=2, ceil_mode=True), (SIGNAL,)
    yield "avgpool1d-exclude", lambda: nn.AvgPool1d(3, 2, padding=1, count_include_pad=False), (SIGNAL,)
    yield "avgpool2d", lambda: nn.AvgPool2d(2), (IMAGE,)
    yield "avgpool2d-pad", lambda: nn.AvgPool2d(3, 2, padding=1), (IMAGE,)
    yield "avgpool2d-exclude", lambda: nn.AvgPool2d(3, 2, padding=1, count_include_pad=False), (IMAGE,)
    yield "avgpool2d-ceil", lambda: nn.AvgPool2d(2, ceil_mode=True), (IMAGE,)
    yield "avgpool2d-ceil-pad", lambda: nn.AvgPool2d(3, 2, padding=1, ceil_mode=True), (IMAGE,)
    yield "avgpool2d-ceil-exclude", lambda: nn.AvgPool2d(3, 2, 1, ceil_mode=True, count_include_pad=False), (IMAGE,)
    yield "avgpool2d-ceil-4-3", lambda: nn.AvgPool2d(4, 3, padding=2, ceil_mode=True), (IMAGE,)
    yield "avgpool2d-divisor", lambda: nn.AvgPool2d(3, 2, padding=1, divisor_override=5), (IMAGE,)
    yield "avgpool3d-ceil", lambda: nn.AvgPool3d(2, ceil_mode=True), (VOLUME,)
    yield "avgpool3d-exclude", lambda: nn.AvgPool3d(3, 2, padding=1, count_include_pad=False), (VOLUME,)
    yield "lppool2d", lambda: nn.LPPool2d(2, 3, stride=2), (IMAGE,)
    yield "lppool2d-ceil", lambda: nn.LPPool2d(2, 2, ceil_mode=True), (IMAGE,)
    yield "lppool1d", lambda: nn.LPPool1d(1.5, 3, stride=2), (normal(4, 13),)
    yield "adaptive-avgpool2d-1", lambda: nn.AdaptiveAvgPool2d(1), (IMAGE,)
    yield "adaptive-avgpool2d", lambda: nn.AdaptiveAvgPool2d((3, 4)), (IMAGE,)
    yield "adaptive-avgpool2d-uneven", lambda: nn.AdaptiveAvgPool2d((4, 5)), (IMAGE,)
    yield "adaptive-avgpool1d-uneven", lambda: nn.AdaptiveAvgPool1d(5), (SIGNAL,)
    yield "adaptive-maxpool2d-1", lambda: nn.AdaptiveMaxPool2d(1), (IMAGE,)
    yield "adaptive-maxpool2d", lambda: nn.AdaptiveMaxPool2d((3, 4)), (IMAGE,)


def _activations() -> Iterator[Made]:
    from torch import nn

    plain = (
        "ReLU", "ReLU6", "ELU", "SELU", "GELU", "SiLU", "Mish", "Sigmoid", "Tanh", "LogSigmoid", "Softplus", "Softsign",
        "Hardtanh", "Hardsigmoid", "Hardswish", "LeakyReLU", "PReLU", "CELU", "Tanhshrink", "Softshrink", "Hardshrink",
        "RReLU",
    )  # fmt: skip
    for name in plain:
        yield f"act-{name.lower()}", lambda name=name: getattr(nn, name)(), (IMAGE,)  # type: ignore[misc]
    yield "act-gelu-tanh", lambda: nn.GELU(approximate="tanh"), (IMAGE,)
    yield "act-elu-alpha", lambda: nn.ELU(alpha=0.3), (IMAGE,)
    yield "act-celu-alpha", lambda: nn.CELU(alpha=0.5), (IMAGE,)
    yield "act-leaky-steep", lambda: nn.LeakyReLU(0.3), (IMAGE,)
    yield "act-prelu-channels", lambda: nn.PReLU(4, init=0.4), (IMAGE,)
    yield "act-prelu-vector", lambda: nn.PReLU(6), (VECTOR,)
    yield "act-softplus-beta", lambda: nn.Softplus(beta=2.0, threshold=5.0), (IMAGE,)
    yield "act-hardtanh-range", lambda: nn.Hardtanh(-0.4, 1.3), (IMAGE,)
    yield "act-hardshrink-lambda", lambda: nn.Hardshrink(0.8), (IMAGE,)
    yield "act-softshrink-lambda", lambda: nn.Softshrink(0.7), (IMAGE,)
    yield "act-threshold", lambda: nn.Threshold(0.3, -1.5), (IMAGE,)
    yield "act-glu", lambda: nn.GLU(dim=1), (IMAGE,)
    yield "act-glu-last", lambda: nn.GLU(), (VECTOR,)
    yield "softmax-channels", lambda: nn.Softmax(dim=1), (IMAGE,)
    yield "softmax-last", lambda: nn.Softmax(dim=-1), (IMAGE,)
    yield "softmax-middle", lambda: nn.Softmax(dim=2), (IMAGE,)
    yield "softmin", lambda: nn.Softmin(dim=1), (VECTOR,)
    yield "logsoftmax-channels", lambda: nn.LogSoftmax(dim=1), (IMAGE,)
    yield "softmax2d", lambda: nn.Softmax2d(), (IMAGE,)


def _norms() -> Iterator[Made]:
    from torch import nn

    yield "batchnorm1d", lambda: nn.BatchNorm1d(6), (VECTOR,)
    yield "batchnorm1d-signal", lambda: nn.BatchNorm1d(4), (SIGNAL,)
    yield "batchnorm2d", lambda: nn.BatchNorm2d(4), (IMAGE,)
    yield "batchnorm2d-eps", lambda: nn.BatchNorm2d(4, eps=0.1), (IMAGE,)
    yield "batchnorm2d-plain", lambda: nn.BatchNorm2d(4, affine=False), (IMAGE,)
    yield "batchnorm3d", lambda: nn.BatchNorm3d(2), (VOLUME,)
    yield "conv-batchnorm", lambda: nn.Sequential(nn.Conv2d(4, 6, 3), nn.BatchNorm2d(6)), (IMAGE,)
    yield "conv-batchnorm-no-bias", lambda: nn.Sequential(nn.Conv2d(4, 6, 3, bias=False), nn.BatchNorm2d(6)), (IMAGE,)
    yield "deconv-batchnorm", lambda: nn.Sequential(nn.ConvTranspose2d(4, 6, 3), nn.BatchNorm2d(6)), (IMAGE,)
    yield "batchnorm-conv", lambda: nn.Sequential(nn.BatchNorm2d(4), nn.Conv2d(4, 6, 3, padding=1)), (IMAGE,)
    yield "linear-batchnorm", lambda: nn.Sequential(nn.Linear(6, 5), nn.BatchNorm1d(5)), (VECTOR,)
    yield "instancenorm1d", lambda: nn.InstanceNorm1d(4), (SIGNAL,)
    yield "instancenorm2d", lambda: nn.InstanceNorm2d(4, affine=True), (IMAGE,)
    yield "instancenorm2d-tracked", lambda: nn.InstanceNorm2d(4, track_running_stats=True), (IMAGE,)
    yield "layernorm", lambda: nn.LayerNorm(6), (STEPS,)
    yield "layernorm-two-axes", lambda: nn.LayerNorm((9, 8)), (IMAGE,)
    yield "layernorm-plain-eps", lambda: nn.LayerNorm(6, eps=0.1, elementwise_affine=False), (STEPS,)
    yield "layernorm-no-bias", lambda: nn.LayerNorm(6, bias=False), (STEPS,)
    yield "groupnorm", lambda: nn.GroupNorm(2, 4), (IMAGE,)
    yield "groupnorm-eps", lambda: nn.GroupNorm(4, 4, eps=0.05), (IMAGE,)
    yield "groupnorm-signal", lambda: nn.GroupNorm(2, 4, affine=False), (SIGNAL,)
    yield "rmsnorm", lambda: nn.RMSNorm(6), (STEPS,)
    yield "rmsnorm-eps", lambda: nn.RMSNorm(6, eps=0.1), (STEPS,)
    yield "localresponsenorm", lambda: nn.LocalResponseNorm(3, alpha=0.5, beta=0.6, k=1.5), (IMAGE,)
    yield "localresponsenorm-even", lambda: nn.LocalResponseNorm(2, alpha=0.5), (IMAGE,)


def _resizes() -> Iterator[Made]:
    from torch import nn

    yield "up-nearest-2", lambda: nn.Upsample(scale_factor=2), (IMAGE,)
    yield "up-nearest-size", lambda: nn.Upsample(size=(13, 11)), (IMAGE,)
    yield "up-nearest-signal", lambda: nn.Upsample(scale_factor=2), (SIGNAL,)
    yield "up-nearest-1.5", lambda: nn.Upsample(scale_factor=1.5), (IMAGE,)
    yield "up-nearest-exact-size", lambda: nn.Upsample(size=(13, 11), mode="nearest-exact"), (IMAGE,)
    yield "up-nearest-volume", lambda: nn.Upsample(scale_factor=2), (VOLUME,)
    yield "up-linear-signal", lambda: nn.Upsample(scale_factor=2, mode="linear"), (SIGNAL,)
    for mode in ("bilinear", "bicubic"):
        for corners in (False, True):
            ending = f"{mode}{'-corners' if corners else ''}"

            def up(mode: str = mode, corners: bool = corners, **how: Any) -> Any:
                return nn.Upsample(mode=mode, align_corners=corners, **how)

            yield f"up-{ending}-2", lambda up=up: up(scale_factor=2), (IMAGE,)  # type: ignore[misc]
            yield f"up-{ending}-size", lambda up=up: up(size=(13, 15)), (IMAGE,)  # type: ignore[misc]
            yield f"down-{ending}-size", lambda up=up: up(size=(4, 3)), (IMAGE,)  # type: ignore[misc]
            yield f"up-{ending}-1.3", lambda up=up: up(scale_factor=1.3), (IMAGE,)  # type: ignore[misc]
    yield "up-trilinear", lambda: nn.Upsample(scale_factor=2, mode="trilinear"), (VOLUME,)
    yield "pixelshuffle", lambda: nn.PixelShuffle(2), (IMAGE,)
    yield "pixelunshuffle", lambda: nn.PixelUnshuffle(2), (normal(3, 6, 8),)
    yield "channelshuffle", lambda: nn.ChannelShuffle(2), (IMAGE,)


def _pads() -> Iterator[Made]:
    from torch import nn

    yield "pad-zero", lambda: nn.ZeroPad2d((1, 2, 0, 3)), (IMAGE,)
    yield "pad-constant", lambda: nn.ConstantPad2d((1, 0, 2, 1), 0.7), (IMAGE,)
    yield "pad-reflect", lambda: nn.ReflectionPad2d((1, 2, 2, 1)), (IMAGE,)
    yield "pad-replicate", lambda: nn.ReplicationPad2d((1, 2, 2, 1)), (IMAGE,)
    yield "pad-circular", lambda: nn.CircularPad2d((1, 2, 2, 1)), (IMAGE,)
    yield "pad-reflect-signal", lambda: nn.ReflectionPad1d((2, 3)), (SIGNAL,)
    yield "pad-crop", lambda: nn.ZeroPad2d((-1, 2, 1, -2)), (IMAGE,)
    yield "flatten", lambda: nn.Flatten(), (IMAGE,)
    yield "flatten-middle", lambda: nn.Flatten(2, 3), (IMAGE,)
    yield "unflatten", lambda: nn.Unflatten(1, (2, 2)), (IMAGE,)
    yield "dropout-eval", lambda: nn.Sequential(nn.Linear(6, 4), nn.Dropout(0.5)), (VECTOR,)
    yield "cosine-similarity", lambda: nn.CosineSimilarity(dim=1), (VECTOR, normal(6))
    yield "pairwise-distance", lambda: nn.PairwiseDistance(), (VECTOR, normal(6))


def _recurrent() -> Iterator[Made]:
    from torch import nn

    from bench.conversion.real.torch_functions import First, Function

    for kind in ("RNN", "LSTM", "GRU"):
        for name, options in (
            ("", {}),
            ("-two-layers", {"num_layers": 2}),
            ("-both-ways", {"bidirectional": True}),
            ("-no-bias", {"bias": False}),
        ):

            def make(kind: str = kind, options: Any = options) -> Any:
                return First(getattr(nn, kind)(6, 4, **{"batch_first": True, **options}))

            yield f"{kind.lower()}{name}", make, (STEPS,)

    def turned(made: Any, x: Any) -> Any:
        return made(x.transpose(0, 1))[0].transpose(0, 1)

    yield "lstm-steps-first", lambda: Function(turned, nn.LSTM(6, 4)), (STEPS,)
    yield "gru-steps-first", lambda: Function(turned, nn.GRU(6, 4, bidirectional=True)), (STEPS,)
    yield "rnn-relu", lambda: First(nn.RNN(6, 4, nonlinearity="relu", batch_first=True)), (STEPS,)
    yield "lstm-projected", lambda: First(nn.LSTM(6, 4, proj_size=3, batch_first=True)), (STEPS,)
    yield "lstm-states", lambda: Function(lambda made, x: made(x)[1][1][0], nn.LSTM(6, 4, batch_first=True)), (STEPS,)
    yield "gru-state", lambda: Function(lambda made, x: made(x)[1][0], nn.GRU(6, 4, batch_first=True)), (STEPS,)
    yield "lstm-cell", lambda: First(nn.LSTMCell(6, 4)), (VECTOR,)
    yield "gru-cell", lambda: nn.GRUCell(6, 4), (VECTOR,)
    yield "rnn-cell", lambda: nn.RNNCell(6, 4), (VECTOR,)


def _attention() -> Iterator[Made]:
    from torch import nn

    from bench.conversion.real.torch_functions import Function

    def own(made: Any, x: Any) -> Any:
        return made(x, x, x)[0]

    yield "attention", lambda: Function(own, nn.MultiheadAttention(6, 2, batch_first=True)), (STEPS,)
    yield "attention-no-bias", lambda: Function(own, nn.MultiheadAttention(6, 3, False, False, True)), (STEPS,)
    yield (
        "attention-bias-kv",
        lambda: Function(own, nn.MultiheadAttention(6, 2, add_bias_kv=True, batch_first=True)),
        (STEPS,),
    )
    yield "encoder-layer", lambda: nn.TransformerEncoderLayer(6, 2, 8, batch_first=True), (STEPS,)
    yield (
        "encoder-layer-gelu-first",
        lambda: nn.TransformerEncoderLayer(6, 2, 8, activation="gelu", norm_first=True, batch_first=True),
        (STEPS,),
    )
    yield "decoder-layer", lambda: nn.TransformerDecoderLayer(6, 2, 8, batch_first=True), (STEPS, normal(4, 6))
    yield "embedding-lstm", lambda: nn.Sequential(nn.Embedding(9, 6), nn.Linear(6, 3)), (whole(5, below=9),)
    yield "act-arcs", lambda: Function(lambda made, x: x.asin() + x.acos() + x.atanh()), (unit(6),)
