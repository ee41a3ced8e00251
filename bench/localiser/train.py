"""The model that is shipped: made from all traces, weights chosen on programs held out. The same every time."""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import version
from pathlib import Path

from bench.localiser.collect import RESULTS, read
from bench.localiser.evaluate import cases, chosen
from bench.localiser.model import small_forest
from netmend.repairs.program.learned.experience import FORMAT, SHIPPED


def train(path: Path = SHIPPED) -> None:
    """Write the model."""
    found = cases(read())
    forest = small_forest([case.features for case in found], [case.fault for case in found])
    weights = chosen(found, small_forest)
    content = {
        "format": FORMAT,
        "made from": {
            "traces.csv (SHA-256)": hashlib.sha256(RESULTS.read_bytes()).hexdigest(),
            "programs": len({case.program for case in found}),
            "scikit-learn": version("scikit-learn"),
        },
        "runs": len(found),
        "weights": {"findings": weights.findings, "model": weights.model, "named": weights.named},
        "classes": forest.classes,
        "names": forest.table.names,
        "missing": [float(f"{value:.6g}") for value in forest.table.missing],
    }
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in content.items()]
    trees = ",\n".join(json.dumps(tree, separators=(",", ":")) for tree in forest.trees)
    path.write_text("{\n" + ",\n".join(lines) + ',\n"trees": [\n' + trees + "\n]}\n", encoding="utf-8")
    print(path, f"{path.stat().st_size / 1024:.0f} KiB", weights)
