"""Healthy pairs: a network, the same written by somebody else, and inputs for both."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import product
from pathlib import Path

import numpy as np

from bench.conversion import architectures, nets
from bench.conversion.files import save
from bench.conversion.quantised import quantised
from bench.conversion.spellings import spellings
from bench.conversion.tflite import in_tflite
from bench.weights.subjects.efficientnet import efficientnet_lite0
from bench.weights.subjects.imagenet import LITE
from netmend.network.graph import Array, Graph
from netmend.network.load import load
from netmend.testing.graphs import NETWORKS, inputs_of

DATA = Path(__file__).parents[3] / "shared" / "data"
MADE = Path(tempfile.gettempdir()) / "netmend-bench-conversion"
"""Networks that are written once and read by every process."""

CALIBRATED = 16
"""Inputs that the ranges of integers are taken from (own choice)."""


CUT = 0.8
VIEWS = tuple(product((0, 0.5, 1), (0, 0.5, 1), (False, True)))
"""Of the pictures, where there are not enough: shares of their sides that are seen, and where (own choice)."""


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """A network to convert.

    Attributes:
        size: "tiny", "small", "real" (trained weights) or "large" (whole architectures, random weights).
        source: writes it, or says where it lies. others: other files of the same network, by the name of who wrote
            them; each is spelled in other ways too. rows: count and seed to inputs by name.
        missing: what is not here. tflite: whether TFLite targets are written of it, too.
    """

    name: str
    size: str
    source: Callable[[], Path]
    others: Mapping[str, Callable[[], Path]]
    rows: Callable[[int, int], dict[str, Array]]
    missing: str = ""
    tflite: bool = False

    def graph(self) -> Graph:
        """The source's graph."""
        return _graph(self.source())

    def targets(self) -> Mapping[str, Graph]:
        """Graphs of healthy targets by name of their spelling."""
        return _targets(self)


@lru_cache(maxsize=4)
def _targets(subject: Subject) -> Mapping[str, Graph]:
    source = subject.graph()
    found = spellings(source)
    for name, make in subject.others.items():
        written = spellings(_graph(make()))
        found |= {name if key == "as-it-is" else f"{name}, {key}": graph for key, graph in written.items()}
    if subject.tflite:
        rows = subject.rows(CALIBRATED, 5)
        plain = in_tflite(source, rows)
        assert plain is not None, f"{subject.name} cannot be written for TFLite"
        made = {"tflite float32": plain}
        # Random weights in integers are mostly noise.
        for kind in ("int8", "uint8") if subject.size != "large" else ():
            grid = quantised(plain, fed(plain, rows), kind)
            made |= {} if grid is None else {f"tflite {kind}": grid}
        found |= made
    return found


def is_tflite(graph: Graph) -> bool:
    """Whether a graph is written in TFLite's operators."""
    return any(node.op.startswith("tflite:") for node in graph.nodes)


def fed(graph: Graph, rows: Mapping[str, Array]) -> dict[str, Array]:
    """Inputs of the source as a target reads them: channels last in TFLite."""
    if not is_tflite(graph):
        return dict(rows)
    return {
        name: np.ascontiguousarray(value.transpose(0, 2, 3, 1)) if value.ndim == 4 else value
        for name, value in rows.items()
    }


@cache
def _graph(path: Path) -> Graph:
    return load(path).graph


def _tiny() -> Iterator[Subject]:
    for name, make in NETWORKS.items():

        def source(name: str = name, make: Callable[[int], Graph] = make) -> Path:
            path = MADE / f"{name}.onnx"
            return path if path.exists() else save(make(0), path)

        def rows(count: int, seed: int, make: Callable[[int], Graph] = make) -> dict[str, Array]:
            return inputs_of(make(0), count, seed)

        yield Subject(name, "tiny", source, {}, rows)


def _small() -> Iterator[Subject]:
    for name in nets.SHAPES:

        def write(dynamo: bool, name: str = name) -> Path:
            path = MADE / f"{name}-{'dynamo' if dynamo else 'traced'}.onnx"
            return path if path.exists() else nets.export(name, path, dynamo)

        def rows(count: int, seed: int, name: str = name) -> dict[str, Array]:
            return {"x": nets.rows(name, count, seed)}

        other = {"dynamo": lambda w=write: w(True)}
        yield Subject(name, "small", lambda w=write: w(False), other, rows, "", name == "mobile")  # type: ignore[misc]


def _residual(fold: bool) -> Path:
    import torch

    from bench.weights.subjects.resnet import residual

    path = MADE / f"resnet20-{'folded' if fold else 'whole'}.onnx"
    if path.exists():
        return path
    held = torch.load(DATA / "models" / "cifar10_resnet20-12fca82f.th", weights_only=True, map_location="cpu")
    state = held.get("state_dict", held)
    net = residual(3)
    net.load_state_dict({key.removeprefix("module."): value for key, value in state.items()})
    return nets.exported(net.eval(), torch.zeros(2, 3, 32, 32), path, dynamo=False, fold=fold)


def _cifar(count: int, seed: int) -> dict[str, Array]:
    with np.load(DATA / "cifar10" / "cifar10_train_0_3199.npz") as held:
        chosen = np.random.default_rng(seed).permutation(len(held["x"]))[:count]
        pictures = held["x"][chosen].astype(np.float32) / 255
    # The mean and deviation that the published weights were trained with.
    pictures = (pictures - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    return {"x": np.ascontiguousarray(pictures.transpose(0, 3, 1, 2)).astype(np.float32)}


def _imagenet(path: Path) -> Callable[[int, int], dict[str, Array]]:
    def rows(count: int, seed: int) -> dict[str, Array]:
        given = _graph(path).inputs[0]
        first = given.shape[1] == 3
        size = given.shape[2] or 224
        files = sorted((DATA / "images" / "imagenet300").glob("*.jpg"))
        chance = np.random.default_rng(seed)
        chosen = [(place, view) for view in range(len(VIEWS) + 1) for place in chance.permutation(len(files))][:count]
        values = np.empty((len(chosen), 3, size, size) if first else (len(chosen), size, size, 3), np.float32)
        for at, (place, view) in enumerate(chosen):
            picture = (_picture(files[place], size, view) / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
            values[at] = picture.transpose(2, 0, 1) if first else picture
        return {given.name: values}

    return rows


def _picture(path: Path, size: int, view: int) -> Array:
    """A picture, or one of its views where there are more inputs than pictures: a part of it, perhaps turned round."""
    from PIL import Image, ImageOps

    with Image.open(path) as opened:
        picture = opened.convert("RGB")
    if view:
        left, top, mirrored = VIEWS[view - 1]
        wide, high = (int(CUT * side) for side in picture.size)
        left, top = int(left * (picture.width - wide)), int(top * (picture.height - high))
        picture = picture.crop((left, top, left + wide, top + high))
        picture = ImageOps.mirror(picture) if mirrored else picture
    return np.asarray(picture.resize((size, size)))


def _lite(dynamo: bool) -> Path:
    import torch

    path = MADE / f"efficientnet-lite0-{'dynamo' if dynamo else 'traced'}.onnx"
    if path.exists():
        return path
    net = efficientnet_lite0()
    net.load_state_dict(torch.load(LITE.path, weights_only=True, map_location="cpu"))
    return nets.exported(net.eval(), torch.zeros(2, 3, 224, 224), path, dynamo)


def _real() -> Iterator[Subject]:
    missing = "" if DATA.is_dir() else str(DATA)
    whole = {"not folded": lambda: _residual(False)}
    yield Subject("resnet20", "real", lambda: _residual(True), whole, _cifar, missing, True)
    for name, file in (
        ("mobilenet-v1", "mobilenet_v1_0.25_128.onnx"),
        ("squeezenet", "squeezenet1_1_imagenet.onnx"),
        ("mobilenet-v2", "mobilenet_v2_1.0_224.onnx"),
    ):
        path = DATA / "models" / file
        yield Subject(name, "real", lambda path=path: path, {}, _imagenet(path), missing, True)  # type: ignore[misc]
    absent = missing or ("" if LITE.path.exists() else LITE.package)
    traced, pictures = {"traced": lambda: _lite(False)}, _imagenet(MADE / "efficientnet-lite0-dynamo.onnx")
    yield Subject("efficientnet-lite0", "real", lambda: _lite(True), traced, pictures, absent, True)


def _large() -> Iterator[Subject]:
    for name in architectures.SIDES:

        def write(fold: bool, name: str = name) -> Path:
            path = MADE / f"{name}-{'folded' if fold else 'whole'}.onnx"
            return path if path.exists() else architectures.export(name, path, fold)

        def rows(count: int, seed: int, name: str = name) -> dict[str, Array]:
            return {"x": architectures.rows(name, count, seed)}

        other = {"not folded": lambda w=write: w(False)}
        yield Subject(name, "large", lambda w=write: w(True), other, rows, "", True)  # type: ignore[misc]


SUBJECTS: Mapping[str, Subject] = {each.name: each for each in (*_tiny(), *_small(), *_real(), *_large())}
