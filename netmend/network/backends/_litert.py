"""LiteRT, the runtime of TFLite files: one thread, any number of rows, and every inner tensor where it is asked for."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from netmend.core.errors import UnsupportedModel, UsageError
from netmend.network.backends._base import package, rows_at_once
from netmend.network.backends._tflite_schema import schema
from netmend.network.executions import ran
from netmend.network.graph import Array

KERNELS = {
    "deployed": "AUTO",
    "optimised": "BUILTIN_WITHOUT_DEFAULT_DELEGATES",
    "reference": "BUILTIN_REF",
}
"""Which kernels compute: those that an application gets (XNNPACK where it can), TFLite's own, or its plain ones."""


@dataclass(eq=False)
class Litert:
    """A file in the runtime.

    Attributes:
        data: the file. inputs, outputs: numbers of the tensors.
        rows: how many the file takes at once; None where it says that its first axis may have any length.
        inner: keep every tensor.
    """

    data: bytes
    inputs: Sequence[int]
    outputs: Sequence[int]
    rows: int | None
    kernels: str = "deployed"
    inner: bool = False
    _interpreter: Any = field(default=None, repr=False)
    _ready_for: int = -1

    def run(self, feeds: Sequence[Array], wanted: Sequence[int]) -> list[list[Array | None]]:
        """The wanted tensors, None where the runtime does not show one, for each part of the rows in order.

        Parts are as long as the file allows.

        Raises:
            UsageError: there are no rows, or the inputs do not fit. UnsupportedModel: the runtime refuses the file.
        """
        if not feeds or feeds[0].ndim == 0:
            return [self._invoked(list(feeds), wanted)]
        if not len(feeds[0]):
            raise UsageError("there are no inputs to run")
        step = self.rows or rows_at_once(feeds)
        starts = range(0, len(feeds[0]), step)
        return [self._invoked([each[start : start + step] for each in feeds], wanted) for start in starts]

    def ready(self) -> None:
        """Let the runtime look at the file.

        Raises:
            UnsupportedModel: it refuses it.
        """
        self._ready([])

    def _invoked(self, feeds: list[Array], wanted: Sequence[int]) -> list[Array | None]:
        interpreter = self._ready(feeds)
        try:
            interpreter.reset_all_variables()
            for index, value in zip(self.inputs, feeds, strict=True):
                interpreter.set_tensor(index, np.asarray(value, order="C"))
            interpreter.invoke()
            ran(len(feeds[0]) if feeds and feeds[0].ndim else 1)
        except (ValueError, RuntimeError) as error:
            raise UsageError(
                f"LiteRT cannot run the network on these inputs: {str(error).splitlines()[0]}",
                hint="check their shape and range",
            ) from error
        return [self._tensor(interpreter, index) for index in wanted]

    @staticmethod
    def _tensor(interpreter: Any, index: int) -> Array | None:
        try:
            return np.array(interpreter.get_tensor(index))
        except ValueError:
            return None

    def _ready(self, feeds: list[Array]) -> Any:
        """The interpreter with room for so many rows."""
        rows = len(feeds[0]) if feeds and feeds[0].ndim else 1
        if self._interpreter is not None and rows == self._ready_for:
            return self._interpreter
        runtime = package("ai_edge_litert.interpreter", "running TFLite files")
        if self._interpreter is None and self.kernels != "reference":
            _survivable(self.data)
        try:
            with quietly():
                if self._interpreter is None:
                    self._interpreter = runtime.Interpreter(
                        model_content=self.data,
                        num_threads=1,
                        experimental_op_resolver_type=getattr(runtime.OpResolverType, KERNELS[self.kernels]),
                        experimental_preserve_all_tensors=self.inner,
                    )
                if self.rows is None and feeds:
                    for index, value in zip(self.inputs, feeds, strict=True):
                        self._interpreter.resize_tensor_input(index, value.shape)
                self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            self._interpreter = None
            raise UnsupportedModel(
                f"LiteRT does not accept the network: {str(error).splitlines()[0]}", hint="convert it again"
            ) from error
        self._ready_for = rows
        return self._interpreter


def _survivable(data: bytes) -> None:
    """Refuse what ends LiteRT's process without a word (LiteRT 2.3.0): depthwise convolutions that read no bias.

    Raises:
        UnsupportedModel: the file holds one.
    """
    tables = schema()
    model = tables.Model.GetRootAs(data, 0)
    codes = [model.OperatorCodes(place) for place in range(model.OperatorCodesLength())]
    fatal = {
        place
        for place, code in enumerate(codes)
        if max(code.BuiltinCode(), code.DeprecatedBuiltinCode()) == tables.BuiltinOperator.DEPTHWISE_CONV_2D
    }
    for body in map(model.Subgraphs, range(model.SubgraphsLength())) if fatal else ():
        for node in map(body.Operators, range(body.OperatorsLength())):
            if node.OpcodeIndex() in fatal and node.InputsLength() < 3:
                raise UnsupportedModel(
                    "LiteRT crashes on a depthwise convolution without a bias",
                    hint="give it a bias, of zeros if need be",
                )


@contextlib.contextmanager
def quietly() -> Iterator[None]:
    """Without a runtime's remarks on itself, which it writes past Python's own standard error."""
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
