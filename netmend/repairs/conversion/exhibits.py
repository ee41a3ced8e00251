"""What the report of a conversion repair shows besides its verdict."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from netmend.core.exhibits import Box, Boxes, Curve, Curves, Exhibit, Facts, Table
from netmend.network.graph import Graph
from netmend.repairs.conversion.explain import Explained
from netmend.repairs.conversion.patches import ConversionPatch, told
from netmend.repairs.conversion.repairer import Observation
from netmend.repairs.conversion.subject import ConvertedPair

if TYPE_CHECKING:
    from netmend.repairs.conversion.study import ConversionDiagnosis, ConversionRepair

TENSORS = 400
"""Rows of the table of tensors; beyond, those at and near a fault alone are shown."""

TINY, LEAST = 1e-300, 1e-3
"""What stands for no allowance at all, and the least share that is drawn: all below is equally right."""

AROUND = 3
"""Tensors before and after a fault that stay in a shortened table."""

UNALIGNED = 40
"""Tensors that correspond to none, as far as they are listed."""


def exhibits(found: ConversionRepair | ConversionDiagnosis) -> Iterator[Exhibit]:
    """Both sides, the edits, the check on fresh inputs, and the tensors along the dataflow."""
    from netmend.repairs.conversion.study import ConversionRepair

    pair, seen = found.pair, found.observation
    judgement = found.repairer.judgement
    assert judgement is not None
    facts = [("verdict", f"{judgement.headline}: {judgement.sentence}")]
    for name, network, path in (("source", pair.source, pair.paths[0]), ("target", pair.target, pair.paths[1])):
        facts.append((name, f"{path}, {len(network.graph.nodes)} nodes, run by {network.runtime}"))
    nodes = len(pair.target.graph.nodes)
    facts.append(
        (
            "executions",
            f"{found.executions.total(nodes):.0f} of a network on one input: {found.executions.runs} in a runtime, the "
            f"others operator by operator in the replay ({found.executions.operators} of {nodes} operators)",
        )
    )
    if isinstance(found, ConversionRepair):
        yield from _repaired(found)
    yield Facts("The two sides", tuple(facts))
    yield from _explanations(seen, pair.target.graph)
    yield from along_the_network(seen)
    yield tensor_table(seen, pair.target.graph)
    yield from _unaligned(seen)


def _repaired(found: ConversionRepair) -> Iterator[Exhibit]:
    tried = found.repair.confirmed or found.repair.best
    if tried is None or not tried.patch.mends:
        return
    yield _edits(found.pair, tried.patch)
    after = tried.evidence
    before = found.repair.before
    facts = []
    if before.agreement is not None:
        facts.append(
            ("before", f"{before.agreement.sentence}; on the {len(found.pair.inputs)} inputs to find out with")
        )
    elif before.failure:
        facts.append(("before", f"the target does not run: {before.failure}"))
    if found.repair.confirmed is not None and after.agreement is not None and after.numbers is not None:
        facts.append(("after", f"{after.agreement.sentence}; on {len(found.pair.held_out)} fresh inputs"))
        if after.numbers.sentence != after.agreement.sentence:
            facts.append(("numbers", after.numbers.sentence))
    facts.append(("runtime", found.pair.target.runtime))
    if found.repaired is not None:
        from netmend.repairs.conversion.study import digest

        facts += [(f"{found.repaired.stem} target", str(found.repaired)), ("SHA-256", digest(found.repaired))]
        facts.append(("how to use it", _use(found.pair, found.repaired)))
    yield Facts("Check in the target's own runtime", tuple(facts))
    boxes = [
        Box(name, tuple(float(v) if np.isfinite(v) else None for v in np.log10(np.maximum(each.errors, 1e-12))))
        for name, each in (("before", before.numbers), ("after", after.numbers))
        if each is not None
    ]
    if boxes:
        caption = (
            "The largest difference of each input's outputs, as a decimal logarithm: before on the inputs to find out "
        )
        yield Boxes(f"{caption}with, after on fresh ones.", "log10 of the difference", False, tuple(boxes), (), "input")


def _use(pair: ConvertedPair, repaired: Path) -> str:
    """One line of Python that opens the repaired target, and what else it takes."""
    path = repr(str(repaired))
    kind = repaired.suffix.lower()
    opened = {
        "onnx": f"onnxruntime.InferenceSession({path})",
        "tflite": f"ai_edge_litert.interpreter.Interpreter({path})",
        "keras": f"keras.saving.load_model({path})",
        "saved_model": f"tensorflow.saved_model.load({path}).signatures",
        "torch": f"torch.export.load({path}).module()"
        if kind == ".pt2"
        else f"model.load_state_dict(torch.load({path}))",
    }.get(pair.target.format, f"netmend.network.load.load({path})")
    if kind == ".safetensors":
        opened = f"model.load_state_dict(safetensors.torch.load_file({path}))"
    return f"in the place of {pair.paths[1]}: {opened}"


def _edits(pair: ConvertedPair, patch: ConversionPatch) -> Facts:
    graph = pair.target.graph
    rows = [(mend.fault, "; ".join(line for edit in mend.edits for line in told(graph, edit))) for mend in patch.mends]
    return Facts("The edits", tuple(rows))


def _explanations(seen: Observation, graph: Graph) -> Iterator[Exhibit]:
    rows = []
    for faulty, answer in seen.observed.examined.causes:
        nodes = ", ".join(node.name for node in graph.nodes if node.outputs[0] in faulty.segment.nodes)
        explained = isinstance(answer, Explained)
        name = " and ".join(each.name for each in answer.causes) if isinstance(answer, Explained) else "unexplained"
        after = f"{answer.error_after:.3g}" if explained else ""
        rows.append(
            (nodes, name, f"{answer.error_before:.3g}", after, f"{answer.allowed:.3g}", str(answer.evaluations))
        )
    if rows:
        columns = ("nodes", "fault", "error", "with the edit", "allowed", "evaluations")
        caption = "Stretches that are wrong on right inputs, each judged alone"
        yield Table(caption, columns, tuple(rows), columns[2:])


def along_the_network(seen: Observation) -> Iterator[Curves]:
    """Where along the dataflow the target is wrong: each node's error on right inputs, in units of what is allowed."""
    examined = seen.observed.examined
    judged = [examined.localised.tensors.get(name) for name in examined.alignment.matches]
    shares = [each.error.largest / max(each.coarse.largest, TINY) for each in judged if each is not None]
    if len(shares) > 1:
        values = tuple(max(share, LEAST) if np.isfinite(share) else None for share in shares)
        quantity = "error of each node / what is allowed"
        caption = (
            "The error of each node of the target computed from right inputs, in the order of the dataflow; up to 1 it "
            "is rounding, or storage in fewer digits, and above 1 the node is at fault."
        )
        yield Curves(caption, quantity, (Curve("before", 0, values),), "node", "")


def tensor_table(seen: Observation, graph: Graph) -> Table:
    """The tensors of the target along its dataflow, each computed from right values."""
    examined = seen.observed.examined
    matches, judged = examined.alignment.matches, examined.localised.tensors
    made = {name: node for node in graph.nodes for name in node.outputs}
    first = next((name for name in matches if name in judged and judged[name].faulty), None)
    rows: list[tuple[str, ...]] = []
    for name, match in matches.items():
        if name not in judged:
            continue
        one, same = judged[name], match.correspondence
        layout = "" if same.layout is None else f" {list(same.layout)}"
        layout += "" if same.shape is None else " reshaped"
        state = "wrong" if one.faulty else "coarser" if one.coarser else ""
        mark = "first divergence" if name == first else state
        rows.append(
            (
                made[name].name,
                made[name].op,
                f"{same.source}{layout}",
                f"{one.error.largest:.3g}",
                f"{one.coarse.largest:.3g}",
                mark,
            )
        )
    columns = ("node of the target", "operator", "tensor of the source", "error", "allowed", "verdict")
    caption = "Tensors along the dataflow: each node computed from right inputs, so that no error is passed on"
    return Table(caption, columns, _shortened(rows), ("error", "allowed"))


def _shortened(rows: list[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    if len(rows) <= TENSORS:
        return tuple(rows)
    near = {at + step for at, row in enumerate(rows) if row[-1] for step in range(-AROUND, AROUND + 1)}
    near |= set(range(AROUND)) | set(range(len(rows) - AROUND, len(rows)))
    kept = [at for at in range(len(rows)) if at in near]
    found: list[tuple[str, ...]] = []
    last = -1
    for at in kept[:TENSORS]:
        if at > last + 1:
            found.append((f"{at - last - 1} more without anything wrong", "", "", "", "", ""))
        found.append(rows[at])
        last = at
    return tuple(found)


def _unaligned(seen: Observation) -> Iterator[Exhibit]:
    left = seen.observed.examined.alignment.unaligned
    if left:
        rows = [(name, why) for name, why in list(left.items())[:UNALIGNED]]
        if len(left) > UNALIGNED:
            rows.append((f"{len(left) - UNALIGNED} more", ""))
        yield Table("Tensors of the target that correspond to none of the source", ("tensor", "why"), tuple(rows))
