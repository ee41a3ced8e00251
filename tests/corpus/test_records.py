import json

import pytest

from netmend.core.errors import UsageError
from netmend.corpus.records import read, token_of, write, written
from netmend.program.sequence.read import Token


@pytest.mark.parametrize(
    ("token", "text"),
    [
        (Token("learning-rate", "0.001", given=False), "learning-rate=0.001*"),
        (Token("loss", "binary_crossentropy(from_logits)"), "loss=binary_crossentropy(from_logits)"),
        (Token("word", "a"), "word=a"),
        (Token("optimiser", "?"), "optimiser=?"),
    ],
)
def test_a_token_is_text_and_back(token, text):
    assert written(token) == text
    assert token_of(text) == token


@pytest.mark.parametrize("name", ["corpus.jsonl", "corpus.jsonl.gz"])
def test_a_corpus_is_read_as_it_was_written_but_for_ids_of_elements(tmp_path, name, example):
    examples = [example(share="train"), example(epochs=50, share="test", repository="b/two")]
    write(examples, tmp_path / name)
    found = list(read(tmp_path / name))
    assert [each.repository for each in found] == ["a/one", "b/two"]
    for one, other in zip(examples, found, strict=True):
        assert one.line() == other.line()
        assert one.sequence.roles == other.sequence.roles
        assert all(token.element == "" for token in other.sequence.tokens)


def test_the_same_corpus_is_the_same_bytes(tmp_path, example):
    for name in ("one.gz", "two.gz"):
        write([example()], tmp_path / name)
    assert (tmp_path / "one.gz").read_bytes() == (tmp_path / "two.gz").read_bytes()


def test_shares_can_be_read_by_themselves(tmp_path, example):
    write([example(share="train"), example(epochs=50, share="test")], tmp_path / "c.jsonl")
    assert [each.share for each in read(tmp_path / "c.jsonl", "test")] == ["test"]
    assert len(list(read(tmp_path / "c.jsonl", "test", "train"))) == 2


def test_no_text_of_a_program_is_in_a_line(example):
    found = json.loads(example(words="pictures_of_birds").line())
    assert found["roles"].count("-") >= 3
    assert all(" " not in token and "Sequential" not in token for token in found["tokens"])
    assert set(found) == {"repository", "commit", "licence", "family", "share", "path", "framework", "tokens", "roles"}


@pytest.mark.parametrize("content", [b"no json\n", b"{}\n", b"\xff\xfe"])
def test_another_file_is_refused(tmp_path, content):
    (tmp_path / "c.jsonl").write_bytes(content)
    with pytest.raises(UsageError, match="no corpus"):
        list(read(tmp_path / "c.jsonl"))
