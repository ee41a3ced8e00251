import ast

from netmend.program.sequence.words import words
from netmend.program.source import Program

TEXT = """
import secret_module
from keras.datasets import reuters

trainImages, test_labels = load_MNIST("data/fashion.csv")
model.compile(optimizer=adam_optimiser, loss="mse")
history = model.fit(trainImages, to_categorical(test_labels))
print("a sentence is no name", "adam", sgd, relu)
"""


def found(text, left_out=()):
    file = Program.from_text(text).main
    return [word for _, word in words(file, set(left_out))]


def test_names_are_taken_apart_into_small_words_in_the_order_of_the_text():
    assert found("trainImages = load_MNIST('data/fashion.csv')") == [
        "train", "images", "load", "mnist", "data", "fashion", "csv",
    ]  # fmt: skip


def test_imports_prose_and_names_that_every_program_has_are_passed_over():
    assert not {"secret", "reuters", "sentence", "model", "fit", "print"} & set(found(TEXT))


def test_names_of_what_is_to_be_restored_are_left_out():
    assert not {"adam", "sgd", "relu", "mse"} & set(found(TEXT)) - {"adam"}
    assert "adam" not in found("optimiser = adam")
    assert "categorical" in found(TEXT)


def test_nothing_is_said_of_the_inside_of_what_is_left_out():
    file = Program.from_text(TEXT).main
    call = next(node for node in ast.walk(file.tree) if isinstance(node, ast.Call) and "compile" in ast.dump(node.func))
    said = [word for _, word in words(file, {call})]
    assert "optimiser" not in said
    assert "history" in said


def test_offsets_are_where_names_end():
    text = "first = second(third)\n"
    file = Program.from_text(text).main
    for offset, word in words(file, set()):
        assert text[:offset].endswith(word)
