"""Programs for Keras 1 and early TensorFlow, in the words of today's Keras, so that one reader reads all.

References:
    Keras 2.0 release notes and its `legacy/interfaces.py` (argument names), TensorFlow 1.x API (`tf.train`, contrib).
"""

from __future__ import annotations

import ast

from netmend.program.reading.old_names import KERAS_1_ARGUMENTS

_WIDE = frozenset({"Dense", "LSTM", "GRU", "SimpleRNN", "TimeDistributedDense", "Highway"})
_DROPOUTS = frozenset({"Dropout", "SpatialDropout1D", "SpatialDropout2D", "GaussianDropout"})
_LAYERS = _WIDE | _DROPOUTS | {
    f"{name}{size}D" for name in ("Convolution", "Conv", "MaxPooling", "AveragePooling", "AtrousConvolution",
                                  "SeparableConvolution", "Deconvolution") for size in (1, 2, 3)
} | {"Embedding"}  # fmt: skip
_MODULES = {
    "tensorflow.contrib.keras.python.keras": "tensorflow.keras",
    "tensorflow.contrib.keras.api.keras": "tensorflow.keras",
    "tensorflow.contrib.keras": "tensorflow.keras",
}
_OPTIMISERS = {
    "GradientDescentOptimizer": "SGD",
    "AdamOptimizer": "Adam",
    "RMSPropOptimizer": "RMSprop",
    "AdagradOptimizer": "Adagrad",
    "AdadeltaOptimizer": "Adadelta",
    "MomentumOptimizer": "SGD",
    "FtrlOptimizer": "Ftrl",
}


def modernised(tree: ast.Module) -> ast.Module:
    """The tree, changed in place so that old names and arguments are today's."""
    _Modern().visit(tree)
    return ast.fix_missing_locations(tree)


class _Modern(ast.NodeTransformer):
    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.ImportFrom:
        node.module = _renamed(node.module or "") or node.module
        return node

    def visit_alias(self, node: ast.alias) -> ast.alias:
        node.name = _renamed(node.name)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        """`tf.train.AdamOptimizer` is `tf.keras.optimizers.Adam`, `tf.contrib.keras` is `tf.keras`."""
        self.generic_visit(node)
        match node:
            case ast.Attribute(value=ast.Attribute(value=owner, attr="train"), attr=name) if name in _OPTIMISERS:
                keras = ast.Attribute(owner, "keras", ast.Load())
                return ast.Attribute(ast.Attribute(keras, "optimizers", ast.Load()), _OPTIMISERS[name], ast.Load())
            case ast.Attribute(value=ast.Attribute(value=owner, attr="contrib"), attr="keras"):
                return ast.Attribute(owner, "keras", ast.Load())
        return node

    def visit_Call(self, node: ast.Call) -> ast.Call:
        self.generic_visit(node)
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name not in _LAYERS:
            return node
        for keyword in node.keywords:
            if keyword.arg in KERAS_1_ARGUMENTS:
                keyword.arg = KERAS_1_ARGUMENTS[keyword.arg]
            elif keyword.arg == "output_dim" and name in _WIDE:
                keyword.arg = "units"
            elif keyword.arg == "p" and name in _DROPOUTS:
                keyword.arg = "rate"
        if name.endswith("2D") and "onv" in name:
            _squared(node, name.removeprefix("Atrous").startswith(("Convolution", "Deconvolution")))
        return node


def _squared(node: ast.Call, old: bool) -> None:
    """`Convolution2D(32, 3, 3)` and `nb_row=3, nb_col=3` have one kernel size since Keras 2.

    Under the newer class names a second number may be the strides, unless it repeats a first one above 1.
    """
    named = {each.arg: each for each in node.keywords}
    sizes = node.args[1:3]
    if len(sizes) == 2 and not named.keys() & {"kernel_size", "strides"}:
        if old or _alike_and_large(*sizes):
            node.args[1:3] = [ast.Tuple(sizes, ast.Load())]
    elif "nb_row" in named and "nb_col" in named:
        both = [named["nb_row"].value, named["nb_col"].value]
        node.keywords = [each for each in node.keywords if each.arg not in ("nb_row", "nb_col")]
        node.keywords.append(ast.keyword("kernel_size", ast.Tuple(both, ast.Load())))


def _alike_and_large(one: ast.expr, other: ast.expr) -> bool:
    match one, other:
        case ast.Constant(value=int() as a), ast.Constant(value=int() as b):
            return a == b > 1
    return False


def _renamed(module: str) -> str:
    for old, new in _MODULES.items():
        if module == old or module.startswith(f"{old}."):
            return new + module.removeprefix(old)
    return module
