"""What of a program is shown to a stranger."""

import ast

import pytest

from netmend.repairs.program.infill._discreet import discreet

PROGRAM = '''"""Tell digits apart, see /home/jane/notes.txt for why."""
import keras  # my licence: AB12-CD34

rows = load("../data/patients.csv")  # private
url = 'https://user:pw@example.org/x'
api_key = "hunter2"
connect(password="swordfish", retries=3)
token = f"sk-{name}abcdefgh12345678ZZ"
model.add(keras.layers.Dense(8, activation="relu"))
model.compile(loss="sparse_categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
mail("jane.doe@example.org")
'''


@pytest.fixture
def shown():
    return discreet(PROGRAM)[0]


@pytest.mark.parametrize(
    "secret",
    ["jane", "notes", "AB12", "private", "patients", "example.org", "hunter2", "swordfish", "abcdefgh12345678ZZ"],
)
def test_paths_secrets_and_comments_are_left_out(shown, secret):
    assert secret in PROGRAM
    assert secret not in shown


def test_what_is_trained_stays_and_the_lines_do(shown):
    for kept in ("Tell digits apart", '"relu"', '"sparse_categorical_crossentropy"', '"adam"', "retries=3"):
        assert kept in shown
    assert shown.count("\n") == PROGRAM.count("\n")
    assert ast.parse(shown)


def test_how_much_is_left_out_is_counted():
    assert discreet("x = 'relu'\n") == ("x = 'relu'\n", 0)
    assert discreet("x = 'a/b'  # c\ny = 'd.csv'\n")[1] == 3


def test_several_lines_and_strings_without_ends_are_read_as_python_reads_them():
    assert discreet('x = """a\nb/c d\n"""\n')[0] == 'x = """a\n... d\n"""\n'
