from netmend.program.reading import spans
from netmend.program.reading.bindings import Site, bindings_of
from netmend.program.reading.drafts import Draft, settled
from netmend.program.source import Program


def drafts(text, local=True):
    """A draft for the first argument of every call."""
    bindings = bindings_of(Program.from_text(text))
    for call in bindings.calls:
        use = Site(call.file, call.node.args[0])
        target = bindings.resolve(use).site
        yield Draft("units", use, target, 1, "f", lambda at, value: (spans.replace(at, str(value)),), local=local)


def texts(found):
    return [(draft.element("keras").text, str(draft.element("keras").place)) for draft in found]


def test_a_value_only_one_call_uses_stands_where_it_is_written():
    assert texts(settled(drafts("a = 1\nf(a)\n"))) == [("1", "train.py:1:5")]


def test_a_value_two_calls_use_stands_at_each_call():
    assert texts(settled(drafts("a = 1\nf(a)\nf(a)\n"))) == [("a", "train.py:2:3"), ("a", "train.py:3:3")]


def test_what_cannot_stand_at_the_call_is_one_element():
    assert texts(settled(drafts("a = 1\nf(a)\nf(a)\n", local=False))) == [("1", "train.py:1:5")]


def test_an_edit_goes_where_the_element_stands():
    (draft,) = settled(drafts("a = 1\nf(a)\n"))
    (edit,) = draft.edits(5)
    assert (edit.start, edit.end, edit.text) == (4, 5, "5")


def test_an_absent_element_has_no_text():
    (draft,) = settled(drafts("f(1)\n"))
    absent = Draft("units", draft.use, draft.target, 1, "f", draft.write, insertion=3)
    element = absent.element("keras")
    assert (element.absent, element.text, element.start, element.end) == (True, "", 3, 3)
