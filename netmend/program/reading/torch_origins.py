"""Where the tensors that a PyTorch model or its loss is given are made.

A use is followed through names, loaders, data sets and parameters to the expressions that make the tensors:
`torch.from_numpy(x)` for the `rows` in `for rows, labels in DataLoader(TensorDataset(torch.from_numpy(x), y))`.
Of a name that is assigned several times the last assignment before the use counts. That is a guess, which whoever
changes a program by it must check.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from netmend.program.reading.bindings import Call, Site
from netmend.program.reading.scopes import Binding, parameters
from netmend.program.reading.torch_loops import LOADERS
from netmend.program.reading.torch_program import Reading

TYPES = {"float": "float", "double": "double", "half": "half", "long": "long", "int": "int"}
"""Methods of a tensor that give its numbers another type."""

_KEEPS = frozenset(
    ("to", "cuda", "cpu", "view", "reshape", "unsqueeze", "squeeze", "permute", "transpose", "contiguous", "clone",
     "detach", "requires_grad_", "flatten", "t", "type")
)  # fmt: skip
"""Methods that give back the same numbers in another shape or place."""

_WRAPPERS = frozenset({"tqdm", "enumerate", "list", "iter", "next"})
_PARTS_OF = frozenset({"random_split", "Subset"})
# Longest chain of names and calls that is followed; longer ones are cycles in practice (own choice).
_DEEPEST = 20


class Origins:
    """Finds where tensors are made.

    Args:
        reading: of the program.
    """

    def __init__(self, reading: Reading) -> None:
        self._bindings = reading.bindings

    def of(self, uses: Iterable[Site]) -> tuple[Site, ...]:
        """The expressions that make the tensors used; the use itself where that cannot be seen."""
        found = [site for use in uses for site in self._walk(use, 0) or [use]]
        return tuple({(site.file.name, *site.span): site for site in found}.values())

    def _walk(self, site: Site, depth: int) -> list[Site]:
        if depth > _DEEPEST:
            return []
        match site.node:
            case ast.Call():
                return self._of_call(site, depth)
            case ast.Name():
                return self._of_name(site, (), depth)
            case ast.Subscript(value=ast.Name() as owner, slice=ast.Constant(value=int() as index)):
                return self._of_name(Site(site.file, owner), (index,), depth) or self._walk(
                    Site(site.file, owner), depth + 1
                )
            case ast.Subscript(value=inner) | ast.BinOp(left=inner):
                return self._walk(Site(site.file, inner), depth + 1)
            case ast.Attribute(value=ast.Name(id="self"), attr=name):
                return self._of_attribute(site, name, depth)
        return []

    def _of_call(self, site: Site, depth: int) -> list[Site]:
        call = self._bindings.call(site)
        assert call is not None
        typed = call.method in TYPES and not call.node.args
        if typed or (call.name.startswith("torch.") and call.name.count(".") == 1):
            return [site]
        if call.method in _KEEPS and isinstance(call.node.func, ast.Attribute):
            return self._walk(Site(site.file, call.node.func.value), depth + 1)
        followed = self._bindings.follow(site)
        return [] if followed.node is site.node else self._walk(followed, depth + 1)

    def _of_attribute(self, site: Site, name: str, depth: int) -> list[Site]:
        owner = self._bindings.scopes(site.file).enclosing_class(site.node)
        for node in ast.walk(owner) if owner is not None else ():
            match node:
                case ast.Assign(targets=[ast.Attribute(value=ast.Name(id="self"), attr=attr)], value=value):
                    if attr == name:
                        return self._walk(Site(site.file, value), depth + 1)
        return []

    # Names

    def _of_name(self, use: Site, path: tuple[int, ...], depth: int) -> list[Site]:
        """The tensors that a name stands for, or those at a path into the tuple or the batches that it stands for."""
        assert isinstance(use.node, ast.Name)
        binding = self._last(use)
        if binding is None or depth > _DEEPEST:
            return []
        node, name = binding.node, use.node.id
        if isinstance(node, ast.arg):
            given = self._given(use, node)
            return [found for each in given for found in self._of_value(each, path, depth + 1)]
        if isinstance(node, (ast.For, ast.comprehension)):
            return self._of_items(Site(use.file, node.iter), (*_path(node.target, name), *path), depth + 1)
        if binding.value is not None:
            return self._of_value(Site(use.file, binding.value), path, depth + 1)
        if isinstance(node, ast.Assign):
            return self._of_value(Site(use.file, node.value), (*_path(node.targets[0], name), *path), depth + 1)
        return []

    def _last(self, use: Site) -> Binding | None:
        """The last binding of a name before a use."""
        assert isinstance(use.node, ast.Name)
        found = self._bindings.scopes(use.file).bindings(use.node.id, use.node)
        before = [each for each in found if _end(each.node) <= (use.node.lineno, use.node.col_offset)]
        return (before or found)[-1] if found else None

    def _given(self, use: Site, parameter: ast.arg) -> list[Site]:
        """What the callers of a function pass for a parameter."""
        scopes = self._bindings.scopes(use.file)
        function = scopes.function(use.node)
        if function is None or parameter not in parameters(function.args):
            return []
        owner = scopes.parent(function)
        index, name = parameters(function.args).index(parameter), f"{scopes.module}.{function.name}"
        if isinstance(owner, ast.ClassDef):
            index, name = index - 1, f"{scopes.module}.{owner.name}" if function.name == "__init__" else ""
        calls = [call for call in self._bindings.calls if (call.name == name if name else call.method == function.name)]
        sites = [self._bindings.argument(call, parameter.arg, index) for call in calls]
        return [site for site in sites if site is not None]

    def _of_value(self, site: Site, path: tuple[int, ...], depth: int) -> list[Site]:
        """The tensors at a path into a value."""
        if not path or depth > _DEEPEST:
            return self._walk(site, depth + 1)
        match site.node:
            case ast.Tuple(elts=parts) if path[0] < len(parts):
                return self._of_value(Site(site.file, parts[path[0]]), path[1:], depth + 1)
            case ast.Name():
                return self._of_name(site, path, depth + 1)
            case ast.Call(args=[_, *_] as args) as node if _called(node) == "train_test_split":
                return self._walk(Site(site.file, args[path[0] // 2]), depth + 1) if path[0] // 2 < len(args) else []
            case ast.Call() as node if _called(node) in _WRAPPERS:
                return self._of_items(site, path, depth + 1)
        followed = self._bindings.follow(site)
        return [] if followed.node is site.node else self._of_value(followed, path, depth + 1)

    # Batches

    def _of_items(self, site: Site, path: tuple[int, ...], depth: int) -> list[Site]:
        """The tensors at a path into what a loop over an expression is given."""
        if depth > _DEEPEST or not path:
            return []
        match site.node:
            case ast.Call(args=[inner, *_]) as node if _called(node) in _WRAPPERS:
                return self._of_items(Site(site.file, inner), path[_called(node) == "enumerate" :], depth + 1)
            case ast.Call(func=ast.Name(id="zip"), args=args) if path[0] < len(args):
                return self._walk(Site(site.file, args[path[0]]), depth + 1)
        call = self._bindings.call(site)
        if call is not None and call.name in LOADERS:
            data = self._bindings.argument(call, "dataset", 0)
            return [] if data is None else self._of_data(data, path[0], depth + 1)
        return [found for each in self._values(site) for found in self._of_items(each, path, depth + 1)]

    def _of_data(self, site: Site, index: int, depth: int) -> list[Site]:
        """The tensors that a data set gives in one place of its rows."""
        if depth > _DEEPEST:
            return []
        call = self._bindings.call(site)
        if call is None:
            return [found for each in self._values(site) for found in self._of_data(each, index, depth + 1)]
        if _called(call.node) in _PARTS_OF and call.node.args:
            return self._of_data(Site(site.file, call.node.args[0]), index, depth + 1)
        if _called(call.node) == "TensorDataset" and index < len(call.node.args):
            given = Site(site.file, call.node.args[index])
            return self._walk(given, depth + 1) or [given]
        return self._of_rows(call, index, depth)

    def _of_rows(self, call: Call, index: int, depth: int) -> list[Site]:
        """The tensors that `__getitem__` of the program's own data set gives back."""
        file, owner = (self._bindings.definition(call.name) if call.name else None) or (None, None)
        for node in ast.walk(owner) if owner is not None else ():
            match node:
                case ast.FunctionDef(name="__getitem__") as function:
                    returns = [each.value for each in ast.walk(function) if isinstance(each, ast.Return)]
                    if file is not None and returns and returns[0] is not None:
                        return self._of_value(Site(file, returns[0]), (index,), depth + 1)
        return []

    def _values(self, site: Site) -> list[Site]:
        """One step from a name to its value, or to what the callers of its function pass."""
        if isinstance(site.node, ast.Name):
            binding = self._last(site)
            if binding is not None and isinstance(binding.node, ast.arg):
                return self._given(site, binding.node)
            if binding is not None and isinstance(binding.node, ast.Assign):
                value, path = Site(site.file, binding.node.value), _path(binding.node.targets[0], site.node.id)
                return [Site(site.file, binding.value)] if binding.value is not None else self._part(value, path)
        followed = self._bindings.follow(site)
        return [] if followed.node is site.node else [followed]

    def _part(self, site: Site, path: tuple[int, ...]) -> list[Site]:
        """A part of the tuple that a function of the program gives back, or of the data set that is split."""
        if isinstance(site.node, ast.Call) and _called(site.node) in _PARTS_OF:
            return [site]
        parts = self._bindings.follow(site)
        found = getattr(parts.node, "elts", ()) if path else ()
        return [Site(parts.file, found[path[0]])] if found and path[0] < len(found) else []


def _called(node: ast.Call) -> str:
    """Last part of the name of what is called."""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _path(target: ast.expr, name: str) -> tuple[int, ...]:
    """Where a name stands in a target: (1, 0) for x in `i, (x, y)`; () if it is the target itself."""
    for index, each in enumerate(getattr(target, "elts", ())):
        if any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(each)):
            return (index, *_path(each, name))
    return ()


def _end(node: ast.AST) -> tuple[int, int]:
    """Where a binding has taken effect: before the body of a loop, after anything else."""
    last = getattr(node, "target", node) if isinstance(node, (ast.For, ast.comprehension)) else node
    return getattr(last, "end_lineno", 0), getattr(last, "end_col_offset", 0)
