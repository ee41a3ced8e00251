import unicodedata

from netmend.report.characters import clipped, lines_of, one_line, shortened, visible


def test_no_character_that_acts_is_left_and_all_others_stay():
    everything = "".join(map(chr, range(0x3000))) + "\ud800\udfff\ufffe\uffff"
    shown = visible(everything)
    assert len(shown) == len(everything)
    # Slow and obvious: by Unicode category. Cc controls, Cs surrogates; direction characters by their names.
    for before, after in zip(everything, shown, strict=True):
        directs = any(
            word in unicodedata.name(before, "")
            for word in ("DIRECTIONAL", "EMBEDDING", "OVERRIDE", "ISOLATE", "-TO-", "LETTER MARK")
        )
        acts = unicodedata.category(before) in ("Cc", "Cs") or (unicodedata.category(before) == "Cf" and directs)
        if before in "\n\t":
            assert after == before
        elif acts or ord(before) & 0xFFFE == 0xFFFE:
            assert after != before
        elif unicodedata.category(before) != "Cn":
            assert after == before


def test_a_terminal_escape_becomes_a_picture():
    assert visible("a\x1b[2Jb\x00") == "a␛[2Jb␀"


def test_lines_are_counted_as_the_parser_counts_them():
    text = "a = 1\r\nb = '\x0c\u2028'\rc = 3\n"
    assert lines_of(text) == ["a = 1", "b = '\x0c\u2028'", "c = 3"]


def test_a_text_without_a_last_line_end_keeps_its_last_line():
    assert lines_of("a\nb") == ["a", "b"]
    assert lines_of("") == []


def test_shortening_says_how_much_is_left_out():
    assert shortened("abcdef", 6) == "abcdef"
    assert shortened("a" * 1500, 10) == "a" * 10 + " … (1,490 more characters)"
    assert clipped("abcdef", 4) == "abc…"


def test_shortening_never_makes_a_text_longer():
    whole = ["a" * length for length in range(200)]
    kept = [shortened(text, 10) for text in whole]
    assert all(len(after) <= len(before) for before, after in zip(whole, kept, strict=True))
    assert kept[33] == whole[33] and kept[34] != whole[34] and kept[199].endswith(" (189 more characters)")


def test_one_line_has_no_line_end():
    assert one_line(" a\n\tb \r\n c\x1b") == "a b c␛"
