import codecs
import random
import sysconfig
from pathlib import Path

import pytest

from netmend.core.errors import SourceError
from netmend.program.decode import decode, parse, split_lines

TEXT = "# -*- coding: {} -*-\nname = 'Grüße'\n"


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "cp1252", "iso-8859-15", "utf-8-sig"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", ["", "end"])
def test_bytes_survive_decoding_and_encoding(encoding, end, last):
    text = TEXT.format(encoding.removesuffix("-sig")).replace("\n", end) + ("" if last else "x = 1")
    raw = text.encode(encoding)
    decoded = decode(raw, "f.py")
    assert decoded.text == text
    assert decoded.encode(decoded.text) == raw
    assert decoded.bom == raw.startswith(codecs.BOM_UTF8)


def test_gbk_by_its_cookie():
    raw = "# coding: gbk\nx = '训练'\n".encode("gbk")
    assert decode(raw, "f.py").text.endswith("'训练'\n")


@pytest.mark.parametrize(
    ("raw", "phrase"),
    [
        ("x = 1\n".encode("utf-16"), "UTF-16"),
        (b"x = 1\ny\0 = 2\n", "NUL byte\nf.py:2"),
        (b"x = 1\ny = '\xe9'\n", "byte 0xe9 is not utf-8\nf.py:2"),
        (b"# coding: nonsense\n", "unknown encoding"),
        (b"# coding: rot13\n", "not a text encoding"),
        (codecs.BOM_UTF8 + b"# coding: latin-1\n", "encoding problem"),
        (b"# coding: utf-7\nx = '+AGE-'\n", "cannot be written back unchanged"),
    ],
)
def test_bytes_that_are_no_text_are_named(raw, phrase):
    with pytest.raises(SourceError) as caught:
        decode(raw, "f.py")
    assert phrase in str(caught.value)
    assert caught.value.hint


def test_lines_end_where_the_tokenizer_ends_them():
    text = "a = 1\x0c\nb = '\u2028\x85\x1c'\r\nc = 3\rd = 4"
    assert split_lines(text) == ["a = 1\x0c\n", "b = '\u2028\x85\x1c'\r\n", "c = 3\r", "d = 4"]
    assert [node.lineno for node in parse(text, "f.py").body] == [1, 2, 3, 4]
    assert split_lines("a\n") == ["a\n", ""]
    assert split_lines("") == [""]


def test_a_syntax_error_shows_line_column_and_caret():
    with pytest.raises(SourceError) as caught:
        parse("x = 1\n\tif x:\n", "train.py")
    message = str(caught.value)
    assert "train.py:2:" in message and "    \tif x:" in message and "^" in message
    assert "Python 2" not in message


@pytest.mark.parametrize(
    "line",
    [
        "print 'loss', loss",
        "print loss",
        "exec 'x'",
        "raise ValueError, 'bad'",
        "x = 0777",
        "x = 10L",
        "x = ur'a'",
        "x = 1 <> 2",
        "x = `1`",
        "try: pass\nexcept ValueError, error: pass",
    ],
)
def test_python_2_is_recognised(line):
    with pytest.raises(SourceError, match="Python 2"):
        parse(line + "\n", "train.py")


@pytest.mark.parametrize("line", ["x = (1", "def f(:\n    pass", "return 1", "f(a=1, a=2)", "print(1) 2"])
def test_other_syntax_errors_are_not_called_python_2(line):
    with pytest.raises(SourceError) as caught:
        parse(line + "\n", "train.py")
    assert "Python 2" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "x = " + "-" * 20_000 + "1",
        "x = " + "1+" * 900 + "1",
        "x = " + "1+" * 100_000 + "1",
        "x = a" + ".b" * 50_000,
        "if a: pass\n" + "elif b: pass\n" * 3_000,
        "x = " + "(" * 300 + ")" * 300,
    ],
)
def test_deep_source_is_refused_and_crashes_nothing(text):
    with pytest.raises(SourceError, match="nested"):
        parse(text, "train.py")


def test_warnings_of_the_program_stay_silent(recwarn):
    parse("x = '\\d'\n", "train.py")
    assert not recwarn.list


def test_every_sampled_file_of_the_standard_library_survives():
    files = sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py"))
    for path in random.Random(0).sample(files, 40):
        raw = path.read_bytes()
        decoded = decode(raw, path.name)
        assert decoded.encode(decoded.text) == raw
        assert "".join(split_lines(decoded.text)) == decoded.text
        parse(decoded.text, path.name)
