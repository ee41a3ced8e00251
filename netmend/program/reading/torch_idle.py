"""What keeps a PyTorch program from making a single update, though all of its training step is there."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from netmend.program.places import Edit
from netmend.program.reading import spans
from netmend.program.reading.bindings import Call, Site
from netmend.program.reading.torch_loops import training_loader
from netmend.program.reading.torch_program import Reading
from netmend.program.reading.torch_steps import schedules


def dropped_batches(reading: Reading) -> Iterator[tuple[Site, tuple[Edit, ...]]]:
    """The `drop_last=True` of the training data, which leaves nothing of fewer rows than a batch; and its mend."""
    loader = training_loader(reading)
    site = None if loader is None else reading.bindings.argument(loader, "drop_last", 8)
    found = None if site is None else reading.bindings.resolve(site)
    if found is not None and found.value is True:
        yield found.site, (spans.replace(found.site, "False"),)


def rare_steps(reading: Reading) -> Iterator[tuple[Site, tuple[Edit, ...]]]:
    """Steps that are made after so many batches, which an epoch may not have; and one more at its end.

    Seen where the loop counts: `for i, batch in enumerate(loader)` and `if (i + 1) % steps == 0`.
    """
    for call in reading.bindings.calls:
        if call.method != "step" or call.node.args or schedules(reading, call):
            continue
        for around in reading.bindings.scopes(call.file).ancestors(call.node):
            match around:
                case ast.If(test=ast.Compare(left=ast.BinOp(op=ast.Mod()), ops=[ast.Eq()]) as test):
                    counted = _counted(reading, call, test)
                    if counted is not None:
                        end = call.file.span(test)[1]
                        yield Site(call.file, test), (Edit(call.file.name, end, end, f" or {counted}"),)


def _counted(reading: Reading, call: Call, test: ast.Compare) -> str | None:
    """What is true in the last round of the loop around a condition that uses its count."""
    names = {each.id for each in ast.walk(test.left) if isinstance(each, ast.Name)}
    for around in reading.bindings.scopes(call.file).ancestors(test):
        match around:
            case ast.For(
                target=ast.Tuple(elts=[ast.Name(id=count), _]),
                iter=ast.Call(func=ast.Name(id="enumerate"), args=[ast.Name() as loader]),
            ) if count in names:
                return f"{count} + 1 == len({loader.id})"
    return None
