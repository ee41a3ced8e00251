from netmend.program.reading.bindings import bindings_of
from netmend.program.source import Program


def test_a_site_knows_its_text_and_place():
    (call,) = bindings_of(Program.from_text("ü = 1\n  # é\nx = 'é', f(2)\n")).calls
    assert call.site.text == "f(2)"
    assert str(call.site.place) == "train.py:3:10"
    assert call.file.text[slice(*call.site.span)] == "f(2)"


def test_a_call_knows_what_it_calls():
    text = "import a.b\na.b.c(1)\nx.y(2)\n"
    first, second = bindings_of(Program.from_text(text)).calls
    assert (first.name, first.short, first.method) == ("a.b.c", "c", "c")
    assert (second.name, second.short, second.method) == ("", "", "y")
