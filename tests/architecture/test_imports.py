"""Who may import whom: the table in docs/design.md, read off every file."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import netmend

ROOT = Path(netmend.__file__).parent
STDLIB = set(sys.stdlib_module_names)
# Where there is no netmend to import from: what lies here is loaded under another name, and imports relatively.
IN_THE_SUBJECT = ROOT / "training" / "probes"

# Folder, the longest match first: what of netmend and what of other packages a file in it may import.
RULES = {
    "core": ({"core"}, {"numpy", "scipy"}),
    "program": ({"core", "program"}, set()),
    "training/probes": (set(), {"numpy"}),
    "training": ({"core", "program", "training"}, {"numpy"}),
    "network/backends": ({"core", "network"}, {"numpy"}),
    # The words of operators come from `network/tensors.py`, whichever library says them; see docs/networks.md.
    "network/ops": ({"core", "network"}, {"numpy"}),
    "network/without_torch": ({"core", "network"}, {"numpy", "scipy", "ml_dtypes"}),
    # torch inside functions, for types only, or in the file that chooses it, which only operators and functions import.
    "network": ({"core", "network"}, {"numpy", "torch"}),
    "convert": ({"core", "network", "convert"}, {"numpy"}),
    "search": ({"core", "search"}, {"numpy", "scipy"}),
    "repairs/weights": ({"core", "network", "repairs"}, {"numpy"}),
    "repairs/conversion": ({"core", "network", "repairs"}, {"numpy"}),
    "repairs/program/infill": ({"core", "program", "repairs"}, {"numpy"}),
    "repairs": ({"core", "program", "training", "network", "search", "repairs"}, {"numpy"}),
    "mutation": ({"core", "program", "training", "repairs", "mutation"}, {"numpy"}),
    "corpus": ({"core", "program", "corpus"}, {"numpy"}),
    "report": ({"core", "report"}, {"jinja2", "markupsafe", "rich"}),
    "cli": (
        {"core", "program", "training", "search", "repairs", "mutation", "corpus", "convert", "report", "cli"},
        {"typer", "rich"},
    ),
    "testing": ({"core", "program", "training", "network", "repairs", "report", "testing"}, {"numpy"}),
}
# The frameworks of the subject, inside functions of the files that run in its interpreter.
PROBES = {"keras", "torch", "jax", "tensorflow", "numpy"}
# What reads and runs networks, inside functions of the formats.
FORMATS = {"onnx", "onnxruntime", "torch", "keras", "safetensors", "h5py", "ml_dtypes", "ai_edge_litert", "flatbuffers"}
# What certificates of weights need, for which torch is needed anyway.
WITH_TORCH = {"network/fixed.py", "network/limbs.py"}
# What computes with networks, inside functions of their repairs; torch also for types.
NUMERICS = {"torch", "scipy"}
# What code models of the hub need, inside functions of the scorers; torch also for types.
HUB = {"torch", "transformers"}
# Search libraries, inside functions of the samplers.
SEARCH = {"optuna", "cmaes", "sklearn", "torch", "gpytorch", "pymoo"}
HEAVY = (
    "torch",
    "transformers",
    "keras",
    "jax",
    "tensorflow",
    "pandas",
    "sklearn",
    "scipy.stats",
    "optuna",
    "ray",
    "matplotlib",
    "onnx",
    "onnxruntime",
    "ai_edge_litert",
)

FILES = sorted(ROOT.rglob("*.py"))


def imports(path):
    """Every imported module with its line, and whether the import stands inside a function."""
    tree = ast.parse(path.read_text())
    inside = {
        child
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for child in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno, node in inside
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                folder = path.parents[node.level - 1]
                assert IN_THE_SUBJECT in (folder, *folder.parents), f"{path}:{node.lineno}: imports are absolute here"
                continue
            yield node.module, node.lineno, node in inside


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_file_imports_only_what_its_room_may(path):
    name = path.relative_to(ROOT).as_posix()
    room = next((room for room in RULES if name.startswith(f"{room}/")), None)
    if room is None:
        return
    own, others = RULES[room]
    for module, line, lazily in imports(path):
        top = module.partition(".")[0]
        where = f"{name}:{line} imports {module}"
        if top == "netmend":
            target = module.split(".")[1] if "." in module else ""
            assert target in own or module == "netmend", f"{where}: a file in {room}/ may import netmend.{{{own}}}"
        elif room == "training/probes" and lazily:
            assert top in PROBES | STDLIB, f"{where}: a probe imports its framework and the standard library only"
        elif name == "network/pictures.py" and lazily:
            assert top in {"PIL"} | others | STDLIB, f"{where}: pictures are decoded by Pillow"
        elif room == "network/backends" and lazily:
            assert top in FORMATS | others | STDLIB, f"{where}: a format imports its own package only"
        elif room == "network/ops" and top == "torch" and path.name == "_base.py":
            continue  # for types only
        elif room == "network" and top == "torch" and lazily:
            assert name in WITH_TORCH, f"{where}: networks are evaluated without torch too; see network/tensors.py"
        elif room == "repairs/conversion" and top == "torch":
            assert not lazily, f"{where}: conversions are repaired without torch too; see network/tensors.py"
        elif room in ("repairs/weights", "repairs/conversion") and (lazily or top == "torch"):
            assert top in NUMERICS | others | STDLIB, f"{where}: a repair of networks computes with these only"
        elif room == "repairs/program/infill" and (lazily or top == "torch"):
            assert top in HUB | others | STDLIB, f"{where}: a scorer computes with these only"
        elif room == "convert" and lazily:
            assert top in FORMATS | others | STDLIB, f"{where}: a converter imports its own packages only"
        elif room == "search" and lazily:
            assert top in SEARCH | others | STDLIB, f"{where}: a sampler imports search libraries only"
        else:
            assert top in others | STDLIB, f"{where}: a file in {room}/ may import {others or 'nothing else'}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_one_repair_does_not_import_another(path):
    parts = path.relative_to(ROOT).parts
    if parts[0] != "repairs" or len(parts) < 3:
        return
    for module, line, _ in imports(path):
        if module.startswith("netmend.repairs."):
            assert module.split(".")[2] == parts[1], f"{path}:{line}: {module}"


def loaded_by(code):
    run = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint(*sorted(sys.modules))"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(run.stdout.splitlines()[-1].split())


@pytest.mark.parametrize(
    "code",
    [
        "import netmend",
        "import netmend.cli.main",
        "import netmend.repairs.program.study",
        "import netmend.network.load, netmend.network.layers, netmend.network.bounds, netmend.network.fixed",
        "import netmend.report.html",
        "from typer.testing import CliRunner; from netmend.cli.main import app; CliRunner().invoke(app, ['--help'])",
    ],
)
def test_no_heavy_package_is_loaded_to_start(code):
    loaded = loaded_by(code)
    assert not {heavy for heavy in HEAVY if heavy in loaded}


def test_there_is_no_dumping_ground():
    names = {path.stem.strip("_") for path in FILES}
    assert not names & {"utils", "util", "helpers", "helper", "common", "misc"}
