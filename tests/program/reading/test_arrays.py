import pytest

from netmend.core.errors import Unchangeable
from netmend.program.reading.arrays import Arrays, Use
from netmend.program.reading.bindings import Site, bindings_of
from netmend.program.source import Program

USES = "train(x_train)\nscore(x_test)\n"


def arrays(text):
    """The arrays of a program that is given them by `train` and `score`."""
    program = Program.from_text(text)
    bindings = bindings_of(program)
    given = [call for call in bindings.calls if call.name == "" and len(call.node.args) == 1]
    named = {"train": True, "score": False}
    uses = [
        Use(Site(call.file, call.node.args[0]), named[call.node.func.id])
        for call in given
        if getattr(call.node.func, "id", "") in named
    ]
    return program, Arrays(bindings, uses)


def written(text, value):
    program, found = arrays(text)
    return program.patched(found.prepared(value)).main.text


LOADED = "from data import x_train, x_test\n"
PREPARATIONS = {
    LOADED: "none",
    LOADED + "x_train = x_train / 255\nx_test = x_test / 255.0\n": "divide(255)",
    LOADED + "x_train, x_test = x_train / 16, x_test / 16\n": "divide(16)",
    LOADED + "x_train /= 255\nx_test /= 255\n": "divide(255)",
    LOADED + "x_train = x_train.astype('float32') / 255\nx_test = x_test * (1 / 255)\n": "divide(255)",
    LOADED + "x_train = x_train / 255\n": "divide(255) in training only",
    LOADED + "x_test = x_test / 255\n": "divide(255) in evaluation only",
    LOADED
    + "m, s = x_train.mean(), x_train.std()\nx_train = (x_train - m) / s\nx_test = (x_test - m) / s\n": "standardise",
    LOADED + "x_train = scaler.fit_transform(x_train)\nx_test = scaler.transform(x_test)\n": "transform(scaler)",
    LOADED + "x_train = x_train * 1000\n": "none",
    "x, y = load()\nx = x / 9\nx_train, x_test, a, b = train_test_split(x, y)\n": "none",
    "from sklearn.model_selection import train_test_split\nx, y = load()\nx = x / 9\n"
    "x_train, x_test, a, b = train_test_split(x, y)\n": "divide(9)",
    "from preparation import normalise\nx_train = normalise(3)\nx_test = 4\n": None,
    "x_train = x_test = load()\nx_train = x_train[x_train / 255 > 1]\n": "none",
    "def load():\n    return read() / 255, 3\nx_train, x_test = load()\n": None,
}


@pytest.mark.parametrize("text", PREPARATIONS)
def test_what_is_done_to_arrays_is_named(text):
    assert arrays(text + USES)[1].preparation()[0] == PREPARATIONS[text]


def test_what_is_done_where_the_model_is_given_them_counts():
    program, found = arrays(LOADED + "train(x_train / 255)\nscore(x_test)\n")
    assert found.preparation()[0] == "divide(255) in training only"
    assert program.patched(found.undivided()).main.text == LOADED + USES
    line = "x_test = x_test / 255.0\n"
    assert (
        program.patched(found.prepared("divide(255)")).main.text
        == LOADED + line + "train(x_train / 255)\nscore(x_test)\n"
    )


def test_both_sides_are_divided_before_the_first_use():
    line = "x_train, x_test = x_train / 255.0, x_test / 255.0\n"
    assert written(LOADED + USES, "divide(255)") == LOADED + line + USES


def test_both_sides_are_standardised_by_the_training_rows():
    lines = (
        "x_train_mean, x_train_std = x_train.mean(axis=0), x_train.std(axis=0) + 1e-7\n"
        "x_train, x_test = (x_train - x_train_mean) / x_train_std, (x_test - x_train_mean) / x_train_std\n"
    )
    assert written(LOADED + USES, "standardise") == LOADED + lines + USES


def test_what_is_standardised_has_mean_zero_and_variance_one():
    numpy = pytest.importorskip("numpy")
    chance = numpy.random.default_rng(0)
    given = {"x_train": chance.normal(50, 9, (200, 3)), "x_test": chance.normal(50, 9, (100, 3))}
    text = written("x_train, x_test = x_train_given, x_test_given\n" + USES, "standardise")
    names = {f"{name}_given": value for name, value in given.items()} | {"train": id, "score": id}
    exec(text, names)
    expected = (given["x_test"] - given["x_train"].mean(axis=0)) / given["x_train"].std(axis=0)
    assert numpy.allclose(names["x_train"].mean(axis=0), 0, atol=1e-6)
    assert numpy.allclose(names["x_test"], expected)


def test_the_other_side_is_given_the_same():
    for done, line in {
        "x_train = x_train / 255\n": "x_test = x_test / 255.0\n",
        "x_train = scaler.fit_transform(x_train)\n": "x_test = scaler.transform(x_test)\n",
        "x_train = (x_train - m) / s\n": "x_test = (x_test - m) / s\n",
    }.items():
        before = LOADED + "m, s = measured()\n" + done
        value = arrays(before + USES)[1].preparation()[0].removesuffix(" in training only")
        assert written(before + USES, value) == before + line + USES


def test_a_statement_never_comes_into_a_loop():
    text = "x_train, x_test = load()\nfor epoch in range(3):\n    train(x_train)\n    score(x_test)\n"
    first, rest = text.split("for")
    assert written(text, "divide(2)") == first + "x_train, x_test = x_train / 2.0, x_test / 2.0\nfor" + rest


def test_it_is_indented_as_the_statement_it_precedes():
    text = "def run(x):\n    print(1)\n    train(x[:9])\n    score(x[9:])\n"
    assert written(text, "divide(2)") == text.replace("    train", "    x = x / 2.0\n    train")


def test_rows_that_are_evaluated_are_not_measured():
    with pytest.raises(Unchangeable):
        written("def run(x):\n    train(x[:9])\n    score(x[9:])\n", "standardise")


@pytest.mark.parametrize(
    "text",
    [
        "train(load())\n",
        "x = load()\ntrain(x)\nx = load()\nscore(x)\n",
        "def one(x):\n    train(x)\ndef other(x):\n    score(x)\n",
        "for x in load():\n    train(x)\n",
    ],
)
def test_what_has_no_one_name_is_refused(text):
    _, found = arrays(text)
    assert not found.changeable
    with pytest.raises(Unchangeable):
        found.prepared("divide(255)")


def test_a_division_is_taken_away():
    program, found = arrays(LOADED + "x_train = x_train / 255\nx_test = x_test.astype(int) / 255  # why\n" + USES)
    assert program.patched(found.undivided()).main.text == LOADED + "x_test = x_test.astype(int)  # why\n" + USES
