import pytest

from netmend.core.errors import Unchangeable
from netmend.program.reading.bindings import Site, bindings_of
from netmend.program.reading.keras_spelling import sibling, spelled
from netmend.program.source import Program


def at_last_call(text):
    bindings = bindings_of(Program.from_text(text))
    return bindings, bindings.calls[-1]


SPELLED = {
    "import keras\nf()\n": ("keras.optimizers.SGD", ""),
    "from keras import optimizers as o\nf()\n": ("o.SGD", ""),
    "import tensorflow as tf\nf()\n": ("tf.keras.optimizers.SGD", ""),
    "from tensorflow import keras\nf()\n": ("keras.optimizers.SGD", ""),
    "from keras.optimizers import *\nf()\n": ("SGD", ""),
    "from keras.layers import Dense\nf()\n": ("SGD", "from keras.optimizers import SGD"),
    "from tensorflow.keras.layers import Dense\nf()\n": ("SGD", "from tensorflow.keras.optimizers import SGD"),
    "def g():\n    import keras\ndef h():\n    f()\n": ("SGD", "from keras.optimizers import SGD"),
}


@pytest.mark.parametrize("text", SPELLED)
def test_a_name_is_written_with_the_imports_there_are(text):
    bindings, call = at_last_call(text)
    name, edits = spelled(bindings, call.site, "keras.optimizers.SGD")
    assert (name, "".join(edit.text for edit in edits).strip()) == SPELLED[text]


def test_a_name_that_means_something_else_is_not_taken():
    bindings, call = at_last_call("from keras.layers import Dense\nSGD = 3\nf()\n")
    with pytest.raises(Unchangeable):
        spelled(bindings, call.site, "keras.optimizers.SGD")


def test_a_sibling_comes_from_the_same_module():
    bindings, call = at_last_call("import keras\nkeras.optimizers.legacy.Adam()\n")
    function = Site(call.file, call.node.func)
    assert sibling(bindings, function, "keras.optimizers.SGD") == ("keras.optimizers.legacy.SGD", ())
