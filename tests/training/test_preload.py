import textwrap

import pytest

from netmend.program.source import Program, SourceFile
from netmend.training.preload import TORCH_OPTIMISER, Preload, preload_of


def analyse(text, environment=None, **others):
    files = {"train.py": text, **{f"{name}.py": other for name, other in others.items()}}
    files = [(name, textwrap.dedent(content)) for name, content in files.items()]
    program = Program.from_text(files[0][1])
    local = tuple(SourceFile(name, content, content.encode()) for name, content in files[1:])
    return preload_of(Program(program.folder, (*program.files, *local)), environment or {})


def test_third_party_modules_are_taken_in_their_order_and_nothing_of_the_standard_library():
    found = analyse("import os, sys\nimport sklearn.datasets\nfrom numpy import array\nimport json as numpy2\n")
    assert found == Preload(("sklearn.datasets", "numpy"))


def test_the_first_optimisers_import_goes_with_torch():
    assert analyse("import torch\nfrom torch import nn").modules == ("torch", TORCH_OPTIMISER)


def test_local_modules_are_followed_and_shadow_installed_ones():
    found = analyse("import data, pandas\nimport torch\n", data="import numpy\n", pandas="import scipy.special\n")
    assert found.modules == ("numpy", "scipy.special", "torch", TORCH_OPTIMISER)


def test_packages_of_the_folder_are_followed_too():
    package = {"pkg/__init__": "from . import other\n", "pkg/part": "import numpy", "pkg/other": "import scipy"}
    found = analyse("from pkg.part import f\n", **package)
    assert found.modules == ("scipy", "numpy")


def test_imports_below_a_main_guard_or_try_count_and_those_in_functions_and_branches_do_not():
    text = """
        try:
            import numpy
        except ImportError:
            import nothing
        def f(): import scipy
        if f: import pandas
        if __name__ == "__main__":
            import sklearn
        """
    assert analyse(text).modules == ("numpy", "sklearn")


SETS = [
    "os.environ['KERAS_BACKEND'] = 'jax'",
    "os.environ.setdefault('KERAS_BACKEND', 'jax')",
    "os.environ.update({'KERAS_BACKEND': 'jax'})",
    "os.environ.update(KERAS_BACKEND='jax')",
    "if 'KERAS_BACKEND' not in os.environ:\n    os.environ['KERAS_BACKEND'] = 'jax'",
    "from os import environ\nenviron['KERAS_BACKEND'] = 'jax'",
]


@pytest.mark.parametrize("statement", SETS)
def test_constants_set_before_an_import_are_taken_over(statement):
    assert analyse(f"import os\n{statement}\nimport keras\n") == Preload(("keras",), {"KERAS_BACKEND": "jax"})


@pytest.mark.parametrize("statement", [SETS[1], SETS[4]])
def test_a_default_does_not_overrule_what_is_set(statement):
    found = analyse(f"import os\n{statement}\nimport keras\n", {"KERAS_BACKEND": "torch"})
    assert found == Preload(("keras",), {})


def test_what_is_set_after_the_last_import_does_not_matter():
    assert analyse("import os, keras\nos.environ['KERAS_BACKEND'] = 'jax'\n") == Preload(("keras",), {})


def test_the_number_of_threads_is_not_taken_over():
    assert analyse("import os\nos.environ['OMP_NUM_THREADS'] = '4'\nimport numpy\n").environment == {}


UNCLEAR = [
    "os.environ['KERAS_BACKEND'] = sys.argv[1]",
    "os.environ[sys.argv[1]] = '1'",
    "os.environ.update(settings)",
    "os.environ.pop('KERAS_BACKEND')",
    "if sys.argv:\n    os.environ['KERAS_BACKEND'] = 'jax'",
    "def choose():\n    os.environ['KERAS_BACKEND'] = 'jax'\nchoose()",
    "for name in 'ab': os.environ['TF_' + name] = '1'",
]


@pytest.mark.parametrize("statement", UNCLEAR)
def test_nothing_is_imported_ahead_where_only_a_run_can_tell_the_environment(statement):
    found = analyse(f"import os, sys, numpy\n{statement}\nimport keras\nimport torch\n")
    assert found.modules == ("numpy",)
    assert found.reason == "train.py:2 sets environment variables in a way that only a run can tell" or (
        statement.startswith(("if", "def", "for")) and found.reason.startswith("train.py:2")
    )


def test_variables_that_no_framework_reads_and_readings_do_not_matter():
    text = "import os, sys\nos.environ['WHO'] = sys.argv[0]\nhome = os.environ['HOME']\nimport numpy\n"
    assert analyse(text) == Preload(("numpy",), {})
