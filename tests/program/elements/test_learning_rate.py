from netmend.program.elements.learning_rate import kind
from netmend.program.source import Program

TEXT = "{imports}\nmodel = Sequential()\nmodel.compile({optimizer}, 'mse')\n"


def program(imports, optimizer):
    return TEXT.format(imports=imports, optimizer=optimizer)


def written(text, value, number=0):
    program = Program.from_text(text)
    element = list(kind.find(program))[number]
    return program.patched(kind.change(program, element, value)).main.text


def test_a_named_optimiser_becomes_an_object_with_the_imports_there_are():
    cases = {
        "import keras\nfrom keras import Sequential": "keras.optimizers.SGD(learning_rate=0.1)",
        "import tensorflow as t\nfrom tensorflow.keras import Sequential": "t.keras.optimizers.SGD(learning_rate=0.1)",
        "from keras import Sequential, optimizers": "optimizers.SGD(learning_rate=0.1)",
        "from keras import Sequential\nfrom keras.optimizers import SGD as S": "S(learning_rate=0.1)",
    }
    for imports, wanted in cases.items():
        assert written(program(imports, "'sgd'"), 0.1) == program(imports, wanted)


def test_an_import_is_added_where_there_is_none():
    changed = written(program("from tensorflow.keras.models import Sequential", "'sgd'"), 0.1)
    imports = "from tensorflow.keras.models import Sequential\nfrom tensorflow.keras.optimizers import SGD"
    assert changed == program(imports, "SGD(learning_rate=0.1)")


def test_a_default_is_that_of_the_class():
    for name, rate in {"sgd": 0.01, "adam": 0.001}.items():
        (element,) = kind.find(Program.from_text(program("from keras import Sequential", repr(name))))
        assert (element.value, element.absent) == (rate, True)


def test_an_object_without_a_rate_gets_one():
    text = program("import keras\nfrom keras import Sequential", "keras.optimizers.Adam()")
    assert written(text, 1e-5) == text.replace("Adam()", "Adam(learning_rate=1e-5)")


def test_old_programs_say_lr():
    text = program("import keras\nfrom keras import Sequential", "keras.optimizers.Adam(lr=0.3)")
    assert written(text, 0.01) == text.replace("lr=0.3", "lr=0.01")


def test_arithmetic_is_replaced_as_a_whole():
    text = program("import keras\nfrom keras import Sequential", "keras.optimizers.Adam(1e-3 * 10)")
    (element,) = kind.find(Program.from_text(text))
    assert element.value == 0.01
    assert written(text, 0.1) == text.replace("1e-3 * 10", "0.1")


def test_the_rate_of_an_optimiser_no_compile_uses_is_one_too():
    text = "import keras\nopt = keras.optimizers.Adam(0.3)\nopt.apply(grads)\n"
    assert written(text, 0.01) == text.replace("0.3", "0.01")
