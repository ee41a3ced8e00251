import pytest

from netmend.program.magics import translated


def script(source):
    pieces, _ = translated(source)
    return "".join(piece.text for piece in pieces)


@pytest.mark.parametrize(
    ("source", "expected", "left_out"),
    [
        ("x = 1\n", "x = 1\n", []),
        ("%matplotlib inline\nx = 1", "# %matplotlib inline\nx = 1", [1]),
        ("!pip install x \\\n   y\nx = 1", "# !pip install x \\\n   # y\nx = 1", [1]),
        ("if a:\n    !ls\n", "if a:\n    pass  # !ls\n", [2]),
        ("files = !ls\n", "# files = !ls\n", [1]),
        ("model.fit?\n?x\nx\n", "# model.fit?\n# ?x\nx\n", [1, 2]),
        ("get_ipython().system('ls')\n", "# get_ipython().system('ls')\n", [1]),
        ("display(frame.head())\nplt.display(x)\n", "# display(frame.head())\nplt.display(x)\n", [1]),
        ("%time model.fit(x)\n", "model.fit(x)\n", []),
        ("if a:\n    %time f()\n", "if a:\n    f()\n", []),
        ("%%time\nx = 1\n", "# %%time\nx = 1\n", [1]),
        ("\n%%bash\nls\n\ncd ..\n", "\n# %%bash\n# ls\n\n# cd ..\n", [2]),
        ("!ls\nx = (3\n     % 2)\n", "# !ls\nx = (3\n     % 2)\n", [1]),
        ('!ls\nx = """\n%d items?\n"""\n', '# !ls\nx = """\n%d items?\n"""\n', [1]),
        ("print(1)  # why?\n!ls\n", "print(1)  # why?\n# !ls\n", [2]),
        ("!ls\r\nx = 1\r\n", "# !ls\r\nx = 1\r\n", [1]),
    ],
)
def test_magics_become_comments_and_python_stays(source, expected, left_out):
    assert script(source) == expected
    assert translated(source)[1] == left_out


@pytest.mark.parametrize("source", ["x = (1\n", "def f(:\n", "x = 'abc\n"])
def test_broken_python_is_left_for_the_compiler_to_report(source):
    assert script(source) == source


def test_pieces_with_an_origin_stand_there_in_the_source():
    source = "%matplotlib inline\nif a:\n    %time f()\nx = 1\n"
    pieces, _ = translated(source)
    copied = [piece for piece in pieces if piece.origin is not None]
    assert "".join(piece.text for piece in copied) == "if a:\n    f()\nx = 1\n"
    assert all(source.startswith(piece.text, piece.origin) for piece in copied)
