"""A place reads as editors and terminals expect it, and sorts as the text runs."""

from netmend.program.places import Edit, Place


def test_a_place_reads_as_file_line_and_column():
    assert str(Place("lib/net.py", 12, 5)) == "lib/net.py:12:5"
    name, line, column = str(Place("a:b.py", 1, 2)).rsplit(":", 2)
    assert (name, int(line), int(column)) == ("a:b.py", 1, 2), "it can be read back"


def test_places_and_edits_sort_in_the_order_of_the_text():
    places = [Place("b.py", 1, 1), Place("a.py", 10, 1), Place("a.py", 9, 8), Place("a.py", 9, 11)]
    assert [str(place) for place in sorted(places)] == ["a.py:9:8", "a.py:9:11", "a.py:10:1", "b.py:1:1"]
    edits = [Edit("a.py", 10, 12, "x"), Edit("a.py", 9, 9, "y")]
    assert [edit.start for edit in sorted(edits)] == [9, 10]
