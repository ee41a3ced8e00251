import ast

import pytest

from netmend.corpus.modules import with_modules

FILES = {
    "net.py": "import os\nclass Net: pass\nif __name__ == '__main__':\n    Net()\n",
    "lib/__init__.py": "from .deep import Deep\n",
    "lib/deep.py": "from ..base import Base\nclass Deep(Base): pass\n",
    "base.py": "class Base: pass\n",
    "round.py": "from round import more\nx = 1\n",
    "train/run.py": "from net import Net\n",
}


def taken(text, path="main.py"):
    tree = with_modules(ast.parse(text), path, lambda name: ast.parse(FILES[name]) if name in FILES else None)
    compile(tree, "x.py", "exec")
    return ast.unparse(tree)


def test_a_local_module_stands_where_it_was_imported_without_its_main_guard():
    assert (
        taken("import keras\nfrom net import Net\nNet()\n") == "import keras\nimport os\n\nclass Net:\n    pass\nNet()"
    )


@pytest.mark.parametrize("text", ["import net\nnet.Net()", "import net as n\nn.Net()", "from net import Net as N\nN()"])
def test_what_it_defines_is_reached_by_the_name_it_has_there(text):
    found = taken(text)
    assert found.endswith(("Net()", "N = Net\nN()"))


def test_packages_and_relative_imports_are_followed():
    found = taken("from lib import Deep\nDeep()\n")
    assert found.index("class Base") < found.index("class Deep") < found.index("Deep()")
    assert "import" not in found


def test_a_folder_above_is_looked_in_too():
    assert "class Net" in taken("from net import Net\n", "train/run.py")


def test_modules_that_import_each_other_are_taken_once():
    assert taken("from round import x\nprint(x)\n") == "x = 1\nprint(x)"


def test_other_imports_stay():
    assert taken("import keras\nfrom torch import nn\n") == "import keras\nfrom torch import nn"


def test_of_a_library_only_so_many_modules_are_taken():
    chain = {f"m{n}.py": f"from m{2 * n + 1} import *\nfrom m{2 * n + 2} import *\nx{n} = {n}\n" for n in range(60)}
    tree = with_modules(
        ast.parse("from m0 import *"), "main.py", lambda name: ast.parse(chain[name]) if name in chain else None
    )
    taken_in = [node for node in tree.body if isinstance(node, ast.Assign)]
    assert len(taken_in) == 10
    assert "from m" in ast.unparse(tree), "the other imports stay"
