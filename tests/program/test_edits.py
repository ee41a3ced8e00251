from dataclasses import replace

import pytest

from netmend.core.errors import Unchangeable
from netmend.program.edits import Change, SourcePatch
from netmend.program.places import Edit
from netmend.program.source import Program

TEXT = "rate = 0.1\nfit(x, epochs=5)\n"
PROGRAM = Program.from_text(TEXT)


def change(before, after, kind="number", program=PROGRAM):
    start = program.main.text.index(before)
    edit = Edit(program.main.name, start, start + len(before), after)
    return Change(kind, program.main.place(start), "fit", before, after, (edit,))


def insertion(text, kind):
    at = TEXT.index(")")
    return Change(kind, PROGRAM.main.place(at), "fit", "", text, (Edit("train.py", at, at, text),))


RATE, EPOCHS = change("0.1", "0.01", "learning-rate"), change("5", "50", "epochs")
BOTH = SourcePatch(PROGRAM).with_change(RATE).with_change(EPOCHS)


def test_a_patch_makes_all_its_changes():
    assert BOTH.patched_program().main.text == "rate = 0.01\nfit(x, epochs=50)\n"
    assert BOTH.size == 2
    assert BOTH.describe() == "learning-rate of fit: 0.1 -> 0.01; epochs of fit: 5 -> 50"


def test_the_empty_patch_changes_nothing_and_has_an_id():
    empty = SourcePatch(PROGRAM)
    assert empty.patched_program() == PROGRAM
    assert (empty.size, empty.describe(), list(empty.smaller()), empty.changed_files) == (0, "no change", [], ())
    assert len(empty.id) == 64


def test_equal_patches_have_equal_ids_whatever_their_order_or_words():
    turned = SourcePatch(Program.from_text(TEXT)).with_change(EPOCHS).with_change(replace(RATE, owner="Adam"))
    assert turned.id == BOTH.id
    others = [SourcePatch(PROGRAM), *BOTH.smaller(), SourcePatch(Program.from_text(TEXT + "\n"), BOTH.changes)]
    assert len({patch.id for patch in (BOTH, *others)}) == 5


def test_the_id_is_the_same_in_every_process():
    # Pinned: a study that is resumed after an upgrade must know its patches again.
    assert BOTH.id == "5ed1ad747b20ab4325de68b367267edb004c84dd3df586fe7f2babc10b3dd9e2"


def test_smaller_undoes_each_change_once_the_last_first():
    assert [patch.changes for patch in BOTH.smaller()] == [(RATE,), (EPOCHS,)]


def test_insertions_at_one_place_do_not_depend_on_the_order_of_changes():
    first, second = insertion(", a=1", "a"), insertion(", b=2", "b")
    one = SourcePatch(PROGRAM).with_change(first).with_change(second)
    other = SourcePatch(PROGRAM).with_change(second).with_change(first)
    assert one.patched_program() == other.patched_program()
    assert one.patched_program().main.text.endswith("epochs=5, a=1, b=2)\n")


def test_an_edit_two_changes_share_is_made_once():
    first, second = insertion(", a=1", "a"), insertion(", a=1", "b")
    both = SourcePatch(PROGRAM).with_change(first).with_change(second)
    assert both.patched_program().main.text.endswith("epochs=5, a=1)\n")


@pytest.mark.parametrize(
    ("another", "phrase"),
    [
        (change("epochs=5", "epochs=6", "batch-size"), "same text"),
        (change("5", "6", "epochs"), "already changed"),
        (insertion(", epochs=7", "other"), "does not compile"),
    ],
)
def test_changes_that_cannot_live_together_are_refused(another, phrase):
    with pytest.raises(Unchangeable, match=phrase):
        BOTH.with_change(another)


def test_write_puts_changed_files_and_no_others_into_the_copy(tmp_path):
    copy = tmp_path / "copy"
    copy.mkdir()
    BOTH.write(copy)
    SourcePatch(PROGRAM).write(tmp_path / "empty")
    assert [path.name for path in tmp_path.rglob("*")] == ["copy", "train.py"]
    assert (copy / "train.py").read_bytes() == b"rate = 0.01\nfit(x, epochs=50)\n"
