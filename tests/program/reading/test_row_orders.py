import pytest

from netmend.core.errors import Unchangeable
from netmend.program.elements._find import change, find_all
from netmend.program.lint._examples import keras_program, torch_program
from netmend.program.source import Program

FIT = keras_program()
NUMPY = torch_program().replace("import torch\n", "import numpy as np\nimport torch\n", 1)


def before_model(text, lines):
    return text.replace("model =", f"{lines}model =", 1)


def orders(text):
    program = Program.from_text(text)
    return program, [each for each in find_all(program) if each.kind == "row-order"]


@pytest.mark.parametrize("text", [FIT, NUMPY])
def test_one_of_two_arrays_is_seen_to_be_shuffled_alone_and_both_are_reordered(text):
    program, (element,) = orders(before_model(text, "np.random.shuffle(y)\n"))
    assert (element.value, element.owner) == ("one alone", "y")
    mended = program.patched(change(program, element, "together")).main.text
    assert mended == before_model(text, "order = np.random.permutation(len(x))\nx, y = x[order], y[order]\n")
    assert [each.value for each in orders(mended)[1]] == ["together"]


def test_the_generator_that_is_used_draws_the_order_and_a_free_name_takes_it():
    lines = "order = 3\nchance = np.random.default_rng(0)\nchance.shuffle(x)\n"
    program, (element,) = orders(before_model(FIT, lines))
    assert "row_order = chance.permutation(len(x))" in program.patched(change(program, element, "together")).main.text


@pytest.mark.parametrize(
    "lines",
    [
        "np.random.shuffle(x)\nnp.random.shuffle(y)\n",
        "rows = np.arange(9)\nnp.random.shuffle(rows)\n",
        "x, y = shuffle(x, y)\n",
        "train, test = np.split(x, 2)\nnp.random.shuffle(train)\n",
    ],
)
def test_arrays_that_belong_to_no_other_or_go_together_are_left_alone(lines):
    assert not orders(before_model(FIT, lines))[1]


def test_a_statement_that_shares_its_line_is_left_alone():
    program, (element,) = orders(before_model(FIT, "print(x); np.random.shuffle(x)\n"))
    with pytest.raises(Unchangeable):
        change(program, element, "together")


def test_rows_that_go_together_stay_together():
    text = before_model(FIT, "order = np.random.permutation(len(x))\nx, y = x[order], y[order]\n")
    program, (element,) = orders(text)
    with pytest.raises(Unchangeable):
        change(program, element, "one alone")


MODEL = """\
import torch

model = torch.nn.Linear(4, 3)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
"""
DRAWN = """\
import numpy as np
from sklearn.model_selection import train_test_split

X, y = load()
X = X[np.random.permutation(len(X))]
y = y[np.random.permutation(len(y))]
a, b, c, d = train_test_split(X, y)
"""
NAMED = """\
one = torch.randperm(len(X))
other = torch.randperm(len(X))
rows = X[one]
labels = y[other]
data = torch.utils.data.TensorDataset(rows, labels)
"""


@pytest.mark.parametrize(
    ("apart", "together"),
    [
        (
            DRAWN,
            DRAWN.replace("X = X[np", "order = np.random.permutation(len(X))\nX = X[np")
            .replace("X[np.random.permutation(len(X))]", "X[order]")
            .replace("y[np.random.permutation(len(y))]", "y[order]"),
        ),
        (NAMED, NAMED.replace("y[other]", "y[one]")),
    ],
)
def test_arrays_with_an_order_each_get_one(apart, together):
    program, (element,) = orders(MODEL + apart)
    assert element.value == "one alone"
    assert program.patched(change(program, element, "together")).main.text == MODEL + together


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("TensorDataset(rows, labels)", "TensorDataset(rows)"),
        ("y[other]", "X[other]"),
        ("y[other]", "y[:9]"),
    ],
)
def test_one_order_or_arrays_that_do_not_belong_together_are_left_alone(old, new):
    assert orders(MODEL + NAMED.replace(old, new))[1] == []


def test_two_statements_with_one_order_are_together():
    (element,) = orders(MODEL + NAMED.replace("y[other]", "y[one]"))[1]
    assert (element.value, element.owner) == ("together", "X and y")
