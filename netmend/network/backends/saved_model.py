"""SavedModels of TensorFlow: a folder with `saved_model.pb`, of which the serving signature is read and mended.

A SavedModel is a program (tensorflow.org, "SECURITY.md"), so what TensorFlow would run is looked at before it opens
one: files that restore their variables by anything but reading them, that do something at the start, or that compute
with an operator which is not known here are refused.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from netmend.core.errors import BrokenFile, Inexpressible, UnsupportedModel, UsageError
from netmend.network.agreement import check
from netmend.network.backends._base import (
    Architecture,
    Backend,
    Inputs,
    Network,
    checked,
    coarsest,
    digest_of,
    named,
    refuse_to_overwrite,
    rows_at_once,
)
from netmend.network.backends._rows import batch_axes, joined
from netmend.network.backends._saved_model_file import MODEL, TAG, SavedModel, read, tensorflow
from netmend.network.backends._saved_model_graph import graph_of
from netmend.network.backends._saved_model_lowering import Lowering
from netmend.network.backends._saved_model_write import flat_graph, rewritten
from netmend.network.edits import Edit, SetConstant
from netmend.network.executions import ran
from netmend.network.graph import Array, Graph


@dataclass(eq=False)
class SavedModelNetwork:
    """A signature of a SavedModel; members as `Network` and `Rewritable` say."""

    path: Path
    model: SavedModel
    graph: Graph
    found: Lowering
    format: str = "saved_model"

    @property
    def runtime(self) -> str:
        """See `Network`."""
        return f"TensorFlow {tensorflow().__version__}, CPU, 1 thread, {self.precision}"

    @property
    def precision(self) -> str:
        """See `Network`."""
        return coarsest(str(value.dtype) for value in self.graph.constants.values())

    @cached_property
    def parameters(self) -> Mapping[str, str]:
        """See `Network`: variables and constants, by the names of their tensors."""
        held = {name: self.found.held[name] for name in self.graph.constants}
        return {name: each.tensor for name, each in held.items() if not each.setting}

    def run(self, inputs: Inputs, changed: Mapping[str, Array] | None = None) -> Array:
        """See `Network`."""
        output = self.graph.outputs[0].name
        if not changed:
            return self.outputs(inputs)[output]
        values = checked(self.graph, self.parameters, changed)
        with tempfile.TemporaryDirectory() as folder:
            _written(Path(folder), self._edited([SetConstant(name, value) for name, value in values.items()]))
            with _opened(Path(folder)) as session:
                return self._answers(session, inputs)[output]

    def outputs(self, inputs: Inputs) -> Mapping[str, Array]:
        """See `Rewritable`."""
        return self._answers(self._session, inputs)

    @cached_property
    def _session(self) -> Any:
        """The file in TensorFlow: loading it takes longer than running it."""
        return _opened(self.path)

    def inner(self, inputs: Inputs) -> Mapping[str, Array]:
        """See `Network`: what the same operators make in a graph without functions."""
        tf = tensorflow()
        beside = flat_graph(self.model, self.found.values)
        present = {each.name for each in beside.get_operations()}
        names = list(dict.fromkeys(name for node in self.graph.nodes for name in node.outputs))
        wanted = {name: name if ":" in name else f"{name}:0" for name in names if name.partition(":")[0] in present}
        with tf.compat.v1.Session(graph=beside, config=_one_thread()) as session:
            parts = [
                _ran(session, wanted, {f"{name}:0": value for name, value in feed.items()})
                for feed in self._feeds(inputs)
            ]
        axes = batch_axes(self.graph) if len(parts) > 1 else {}
        return {name: joined([part[name] for part in parts], axes.get(name)) for name in wanted}

    def write(self, destination: Path, changed: Mapping[str, Array]) -> None:
        """See `Network`; of the variables all are written anew, the others with the numbers that they had."""
        values = checked(self.graph, self.parameters, changed)
        self.rewrite(destination, [SetConstant(name, value) for name, value in values.items()])

    def rewrite(self, destination: Path, edits: Sequence[Edit]) -> None:
        """See `Rewritable`; the destination is a folder, and takes the place of a SavedModel that is there."""
        refuse_to_overwrite(self.path, destination)
        if destination.exists() and any(destination.iterdir()) and not (destination / MODEL).is_file():
            raise UsageError(f"{destination} holds something else", hint="write to a folder of its own")
        files = self._edited(edits)
        with tempfile.TemporaryDirectory() as folder:
            _written(Path(folder), files)
            try:
                _opened(Path(folder)).close()
            except BrokenFile as error:
                raise Inexpressible(
                    f"the edited network is none to TensorFlow: {error.what}",
                    hint="edits that keep types and shapes consistent",
                ) from error
        if destination.exists():
            shutil.rmtree(destination)
        _written(destination, files)

    def digest(self) -> str:
        """SHA-256 of the names and contents of its files."""
        return digest_of(self.model.files)

    def check(self, inputs: Inputs) -> None:
        """See `Network`."""
        check(self, inputs)

    def _edited(self, edits: Sequence[Edit]) -> dict[str, bytes]:
        return rewritten(self.model, self.graph, self.found, edits)

    def _answers(self, session: Any, inputs: Inputs) -> dict[str, Array]:
        signature = self.model.meta.signature_def[self.model.key]
        wanted = [each.name for each in signature.outputs.values()]
        parts = [
            _ran(session, wanted, {signature.inputs[name].name: value for name, value in feed.items()})
            for feed in self._feeds(inputs)
        ]
        found = {}
        for place, each in enumerate(self.graph.outputs):
            axis = 0 if len(parts) > 1 and each.shape[:1] == (None,) else None
            found[each.name] = joined([part[place] for part in parts], axis)
        return found

    def _feeds(self, inputs: Inputs) -> Iterator[dict[str, Array]]:
        """Rows in parts that the signature takes, by the names of its placeholders."""
        given = named(self.graph, inputs)
        rows = len(next(iter(given.values())))
        if not rows:
            raise UsageError("there are no inputs to run")
        ran(rows)
        signature = self.model.meta.signature_def[self.model.key].inputs.values()
        fixed = [each.tensor_shape.dim[0].size for each in signature if each.tensor_shape.dim]
        step = max(fixed, default=-1) if max(fixed, default=-1) > 0 else rows_at_once(given.values())
        for start in range(0, rows, step):
            yield {name: value[start : start + step] for name, value in given.items()}


def _opened(path: Path) -> Any:
    """A session of TensorFlow with the model and its variables.

    Raises:
        BrokenFile: TensorFlow does not take it.
    """
    tf = tensorflow()
    graph = tf.Graph()
    session = tf.compat.v1.Session(graph=graph, config=_one_thread())
    try:
        with _quietly(), graph.as_default():
            tf.compat.v1.saved_model.load(session, [TAG], str(path))
    except Exception as error:  # TensorFlow lets through whatever fails inside it
        session.close()
        raise BrokenFile(f"TensorFlow cannot load {path}: {_reason(error)}", hint="save it again") from error
    return session


def _ran(session: Any, wanted: Any, feed: Mapping[str, Array]) -> Any:
    tf = tensorflow()
    try:
        return session.run(wanted, feed)
    except (tf.errors.OpError, ValueError) as error:
        raise UsageError(
            f"TensorFlow cannot run the network on these inputs: {_reason(error)}", hint="check their shape and range"
        ) from error


def _reason(error: Exception) -> str:
    """The first line that says something: the first of all often announces where the graph was executed."""
    lines = [line.strip() for line in str(error).splitlines()]
    return next((line for line in lines if line and not line.endswith(":")), type(error).__name__)


def _one_thread() -> Any:
    """Answers do not depend on how many threads there are."""
    return tensorflow().compat.v1.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)


@contextmanager
def _quietly() -> Iterator[None]:
    """Without TensorFlow's remarks that these functions are old: they alone name what is run."""
    logger = tensorflow().get_logger()
    level = logger.level
    logger.setLevel("ERROR")
    try:
        yield
    finally:
        logger.setLevel(level)


def _written(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


def _load(path: Path, architecture: Architecture | None, example: Inputs | None) -> Network:
    if architecture is not None:
        raise UsageError(f"{path.name} holds its own architecture", hint="leave the architecture out")
    if path.name != MODEL:
        raise UnsupportedModel(f"{path} is not called {MODEL}", hint="give the folder that TensorFlow has saved")
    path = path.parent
    model = read(path)
    # Both run when TensorFlow loads the file, whatever the signature reads.
    if started := sorted(set(model.start())):
        raise UnsupportedModel(
            f"{path} runs {', '.join(started)} when it is loaded", hint="save it without tables and assets"
        )
    model.vet_restoring()
    graph, found = graph_of(model)
    if not all(np.issubdtype(value.dtype, np.number) or value.dtype == bool for value in graph.constants.values()):
        raise UnsupportedModel(f"{path} computes with texts", hint="save what comes after the text is prepared")
    return SavedModelNetwork(path, model, graph, found)


BACKEND = Backend("saved_model", (MODEL,), _load)
