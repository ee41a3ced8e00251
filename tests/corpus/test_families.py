import pytest

from netmend.core.errors import UsageError
from netmend.corpus.families import Families, joined, read


def test_an_owner_is_a_family_unless_the_table_says_otherwise(tmp_path):
    table = tmp_path / "families.csv"
    table.write_text("repository,family,why\nPress/*,{name},a publisher\npupil*/course-*,Teacher,one course\n")
    families = read(table)
    assert families("Some/Thing") == "some"
    assert families("press/A-Book") == "a-book"
    assert families("Pupil7/course-2") == "Teacher"
    assert families("pupil7/other") == "pupil7"


def test_the_first_pattern_that_fits_counts():
    families = Families((("press/a-book*", "author"), ("press/*", "{name}")))
    assert families("Press/A-Book-Second-Edition") == "author"
    assert families("Press/Another") == "another"


def test_a_table_that_lacks_a_column_is_refused(tmp_path):
    table = tmp_path / "families.csv"
    table.write_text("repository\nx\n")
    with pytest.raises(UsageError, match="families"):
        read(table)


def test_families_that_are_alike_are_one_through_any_number_of_steps():
    found = joined("abcde", [("d", "b"), ("b", "a"), ("e", "c")])
    assert found == {"a": "a", "b": "a", "d": "a", "c": "c", "e": "c"}
