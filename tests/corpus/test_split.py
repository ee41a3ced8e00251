import ast
import textwrap

from netmend.corpus.split import MOST, programs


def split(text):
    return [ast.unparse(each) for each in programs(ast.parse(textwrap.dedent(text)))]


TWO = """
import keras
x, y = load()
x = x / 255
print(x.shape)
model = keras.Sequential([Dense(1)])
model.compile(optimizer="sgd", loss="mse")
model.fit(x, y)
model = keras.Sequential([Dense(2)])
model.add(Dense(3))
model.summary()
model.compile("adam", "mae")
model.fit(x, y, epochs=9)
"""


def test_a_notebook_that_trains_two_models_is_two_programs_with_what_each_needs():
    first, second = split(TWO)
    assert "Dense(1)" in first and "Dense(2)" not in first and "epochs=9" not in first
    assert "Dense(2)" in second and "Dense(3)" in second and "Dense(1)" not in second and "sgd" not in second
    assert all("x = x / 255" in each and "import keras" in each for each in (first, second))
    assert all("print" not in each for each in (first, second))


def test_a_model_that_is_compiled_again_is_another_program():
    first, second = split(TWO.replace("model = keras.Sequential([Dense(2)])\nmodel.add(Dense(3))\n", ""))
    assert "sgd" in first and "adam" not in first
    assert "adam" in second and "Dense(1)" in second and "sgd" not in second


def test_the_statements_of_main_are_those_of_the_program():
    text = """
    def main():
        model = build()
        model.compile(optimizer="sgd", loss="mse")
        model.fit(x, y)
    def build():
        return Sequential([Dense(1)])
    if __name__ == "__main__":
        main()
    """
    (only,) = split(text)
    assert "def main" not in only
    assert only.index("def build") < only.index("model = build()")


def test_each_use_of_a_function_that_compiles_is_a_program_and_a_later_one_of_the_same_name_takes_over():
    text = """
    def build(width):
        model = Sequential([Dense(width)])
        model.compile("sgd", "mse")
        return model
    small = build(4)
    small.fit(x, y, epochs=1)
    large = build(8)
    large.fit(x, y, epochs=2)
    def build(width):
        model = Sequential([Dense(width), Dense(1)])
        model.compile("adam", "mse")
        return model
    deep = build(16)
    deep.fit(x, y, epochs=3)
    """
    found = split(text)
    assert ["epochs=1" in each for each in found] == [True, False, False]
    assert ["build(8)" in each for each in found] == [False, True, False]
    assert ["'adam'" in each for each in found] == [False, False, True]
    assert ["'sgd'" in each for each in found] == [True, True, False]


def test_a_pytorch_training_is_one_program_from_the_optimiser_to_the_loop():
    text = """
    import torch
    net = Net()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    def step(x, y):
        loss = criterion(net(x), y)
        loss.backward()
        optimizer.step()
    for epoch in range(3):
        step(x, y)
    other = Other()
    optimizer = torch.optim.Adam(other.parameters())
    for epoch in range(7):
        criterion(other(x), y).backward()
        optimizer.step()
    """
    first, second = split(text)
    assert "SGD" in first and "range(3)" in first and "Other" not in first
    assert "Adam" in second and "range(7)" in second and "SGD" not in second


def test_two_optimisers_of_one_loop_are_one_training():
    text = """
    import torch.optim as optim
    a = optim.Adam(maker.parameters())
    b = optim.Adam(judge.parameters())
    for epoch in range(3):
        a.step()
        b.step()
    """
    assert len(split(text)) == 1


def test_what_a_function_names_for_itself_is_not_what_it_is_called_outside():
    text = """
    model = Sequential([Dense(99)])
    def build():
        model = Sequential([Dense(1)])
        model.compile("sgd", "mse")
        return model
    net = build()
    """
    (only,) = split(text)
    assert "Dense(99)" not in only


def test_a_file_that_trains_nothing_has_no_programs():
    assert split("import re\npattern = re.compile('x', 2)\nprint(pattern)\n") == []
    assert split("tree = Tree()\ntree.fit(x, y)\n") == []


def test_only_so_many_programs_are_taken_of_one_file():
    text = "".join(f"m{n} = Sequential([Dense({n})])\nm{n}.compile('sgd', 'mse')\n" for n in range(MOST + 5))
    assert len(split(text)) == MOST
