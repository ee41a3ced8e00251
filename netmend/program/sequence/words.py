"""The words of a program's names: what they say of data and task, and nothing that an element could be read from."""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Collection, Iterator

from netmend.program.reading import keras_names, torch_names
from netmend.program.source import SourceFile

# Longest text constant whose words count: file and column names, keys, no prose (own choice).
_LONGEST = 40
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")

_FRAMEWORK = frozenset((
    "keras", "tensorflow", "tf", "torch", "nn", "layers", "models", "optim", "optimizers", "losses", "numpy", "np",
    "plt", "pd", "self", "print", "range", "len", "format", "int", "float", "str", "list", "dict", "none", "true",
    "false", "super", "init", "forward", "layer", "model", "module", "add", "args", "epoch", "epochs", "batch", "size",
    "fit", "to", "num",
))  # fmt: skip
_NAMED = (
    keras_names.ACTIVATIONS, keras_names.ACTIVATION_LAYERS, keras_names.OPTIMISERS, keras_names.LOSSES,
    keras_names.LOSSES.values(), keras_names.LOSS_ALIASES, keras_names.INITIALISERS, torch_names.OPTIMISERS,
    torch_names.MODULE_LOSSES, torch_names.FUNCTION_LOSSES,
)  # fmt: skip
_TELLING = frozenset({"crossentropy", "entropy", "logits", "glorot", "xavier", "kaiming"}) | {
    name.lower().replace("_", "") for names in _NAMED for name in names
}


def words(file: SourceFile, left_out: Collection[ast.AST]) -> Iterator[tuple[int, str]]:
    """Words with the offsets of the names they stand in, in the order of the text; imports are passed over.

    Names of activations, losses, optimisers and initialisers are left out: they would tell what is to be restored.

    Args:
        left_out: nodes whose inside is not looked at.
    """
    found: list[tuple[tuple[int, int], str]] = []
    pending: list[ast.AST] = [file.tree]
    while pending:
        node = pending.pop()
        if node in left_out or isinstance(node, (ast.Import, ast.ImportFrom)):
            continue
        pending += ast.iter_child_nodes(node)
        name = _name(node)
        if name and isinstance(node, (ast.expr, ast.stmt, ast.arg)) and not _tells(name):
            found.append(((node.end_lineno or 0, node.end_col_offset or 0), name))
    found.sort(key=lambda each: each[0])
    for (line, column), name in found:
        for word in _WORD.findall(name):
            small = word.lower()
            if len(small) > 1 and small not in _FRAMEWORK and not keyword.iskeyword(small) and not _tells(small):
                yield file.offset(line, column), small


def _name(node: ast.AST) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name) | ast.FunctionDef(name=name):
            return name
        case ast.Constant(value=str() as text) if len(text) <= _LONGEST and " " not in text:
            return text
    return ""


def _tells(name: str) -> bool:
    return name.lower().replace("_", "") in _TELLING
