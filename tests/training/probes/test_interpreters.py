"""What all files that run in the interpreter of the subject have in common."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from netmend.training.probes import launch

HERE = Path(launch.__file__).parent
FILES = sorted(HERE.rglob("*.py"))
NAMES = sorted({path.relative_to(HERE).parts[0].partition(".")[0] for path in FILES} - {"__init__"})
NAMES = sorted({path.relative_to(HERE).parts[0].partition(".")[0] for path in FILES} - {"__init__"})
LOADED = """
import sys, numpy
sys.path.insert(0, sys.argv[1])
before = set(sys.modules)
import launch
launch.neighbour(sys.argv[2])
print(sorted({name.split(".")[0] for name in set(sys.modules) - before} - set(sys.stdlib_module_names)))
"""


@pytest.mark.parametrize("name", NAMES)
def test_loading_it_imports_only_the_standard_library_and_numpy(name):
    ended = subprocess.run([sys.executable, "-c", LOADED, str(HERE), name], capture_output=True, text=True)
    assert ended.stdout.strip() == "['launch', 'netmend_probes']", ended.stderr


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(HERE).as_posix())
def test_it_is_written_for_the_oldest_interpreter_of_a_subject(path):
    ast.parse(path.read_text(), feature_version=(3, 8))
