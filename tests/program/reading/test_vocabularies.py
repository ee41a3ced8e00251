import pytest

from netmend.program.reading.bindings import bindings_of
from netmend.program.reading.vocabularies import keras_vocabulary_drafts, torch_vocabulary_drafts
from netmend.program.source import Program

TORCH = "import torch\nfrom torch import nn\n"
KERAS = "import keras\nfrom keras import layers\n"


def drafts(text):
    program = Program.from_text(text)
    bindings = bindings_of(program)
    of_keras = [draft for call in bindings.calls for draft in keras_vocabulary_drafts(bindings, call, call.short)]
    return program, (*torch_vocabulary_drafts(bindings), *of_keras)


@pytest.mark.parametrize(
    "text",
    [
        TORCH + "layer = nn.Embedding(50, 8)",
        TORCH + "layer = nn.EmbeddingBag(num_embeddings=50, embedding_dim=8)",
        TORCH + "words = 50\nlayer = nn.Embedding(words, 8)",
        KERAS + "layer = layers.Embedding(50, 8)",
        KERAS + "layer = layers.Embedding(output_dim=8, input_dim=50)",
        "from tensorflow.keras.layers import Embedding\nlayer = Embedding(50, 8)",
    ],
)
def test_the_size_is_read_in_either_framework(text):
    (draft,) = drafts(text)[1]
    assert (draft.kind, draft.value) == ("vocabulary-size", 50)


def test_a_name_is_left_alone_as_it_may_say_which_words_are_kept():
    program, (draft,) = drafts(TORCH + "words = 50\ndata = load(num_words=words)\nlayer = nn.Embedding(words, 8)\n")
    text = program.patched(draft.edits(60)).main.text
    assert "words = 50\n" in text and "num_words=words" in text and "nn.Embedding(60, 8)" in text


@pytest.mark.parametrize(
    ("size", "more"),
    [("len(words)", "len(words) + 1"), ("tokens.count", "tokens.count + 1"), ("a if b else c", "(a if b else c) + 1")],
)
def test_a_size_that_is_computed_gets_so_many_more(size, more):
    program, (draft,) = drafts(f"{TORCH}layer = nn.Embedding({size}, 8)\n")
    assert draft.value is None
    assert f"nn.Embedding({more}, 8)" in program.patched(draft.edits("+1")).main.text


def test_layers_that_are_no_embeddings_and_sizes_that_are_not_stated_have_none():
    assert not drafts(TORCH + "layer = nn.Linear(50, 8)\nother = nn.Embedding.from_pretrained(table)\n")[1]
    assert not drafts(KERAS + "layer = layers.Dense(50, input_dim=8)\n")[1]
