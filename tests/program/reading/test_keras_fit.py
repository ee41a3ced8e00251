import numpy as np
import pytest

from netmend.core.errors import Unchangeable
from netmend.program.reading import keras
from netmend.program.source import Program

TEXT = """\
import keras
import numpy
x, y = load()
model = keras.Sequential([keras.layers.Dense(2)])
model.compile("adam", "mse")
model.fit(x, y{})
"""


def elements(text, kind):
    program = Program.from_text(text)
    return program, [each for each in keras.read(program) if each.kind == kind]


def written(text, kind, value):
    program, (element,) = elements(text, kind)
    return program.patched(keras.write(program, element, value)).main.text


def test_shuffling_is_the_default_and_can_be_turned_on_and_off():
    assert elements(TEXT.format(""), "shuffling")[1][0].value is True
    off = TEXT.format(", shuffle=False")
    assert written(TEXT.format(""), "shuffling", False) == off
    assert elements(off, "shuffling")[1][0].value is False
    assert written(off, "shuffling", True) == TEXT.format(", shuffle=True")
    with pytest.raises(Unchangeable):
        written(off, "shuffling", "sometimes")


@pytest.mark.parametrize("value", ["balanced", "balanced(one_hot)"])
def test_balanced_weights_are_rows_over_classes_times_rows_of_the_class(value):
    text = written(TEXT.format(""), "class-weight", value)
    assert elements(text, "class-weight")[1][0].value == value
    expression = text.rpartition("class_weight=")[2].rstrip()[:-1]
    labels = np.array([0, 0, 0, 0, 0, 0, 1, 1, 2])
    y = np.eye(3)[labels] if "one_hot" in value else labels
    found = eval(expression, {"numpy": np, "y": y})
    assert found == pytest.approx({0: 9 / (3 * 6), 1: 9 / (3 * 2), 2: 9 / (3 * 1)})
    assert sum(found[label] for label in labels) == pytest.approx(9)


def test_numpy_is_imported_where_it_is_missing():
    text = written(TEXT.format("").replace("import numpy\n", ""), "class-weight", "balanced")
    assert text.startswith("import keras\nimport numpy as np\n") and "np.unique(y)" in text


def test_labels_without_a_name_cannot_be_counted():
    text = TEXT.format("").replace("fit(x, y", "fit(x, load()")
    with pytest.raises(Unchangeable):
        written(text, "class-weight", "balanced")


@pytest.mark.parametrize(
    "more", [", validation_data=(x, y)", ")\nmodel.evaluate(x, y", ")\nprint(model.predict(x)"], ids=str
)
def test_a_validation_split_is_missing_only_where_nothing_is_evaluated(more):
    assert not elements(TEXT.format(more), "validation-split")[1]


def test_a_validation_split_can_be_added():
    assert written(TEXT.format(""), "validation-split", 0.2) == TEXT.format(", validation_split=0.2")
    (element,) = elements(TEXT.format(", validation_split=0.1"), "validation-split")[1]
    assert element.value == 0.1
