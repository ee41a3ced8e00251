import html
import re

from markdown_it import MarkdownIt

from netmend.report.markdown import to_markdown
from netmend.report.text import to_text


def test_the_verdict_is_the_first_line(any_document):
    assert to_markdown(any_document).startswith(f"## {any_document.conclusion.headline}: ")


def test_every_section_of_a_repair_is_there_in_order(example):
    heads = re.findall("^### (.*)$", to_markdown(example("plausible")), re.MULTILINE)
    assert heads == [
        "Patch",
        "What was wrong",
        "Where",
        "accuracy, higher is better",
        "loss over epochs",
        "What was tried",
        "Cost",
        "Overhead of watching",
        "How it was measured",
        "Reproduce",
        "Methods used",
    ]


def test_the_diff_is_there_to_the_letter(example):
    document = example("plausible")
    assert f"```diff\n{document.exhibits[0].diff}```" in to_markdown(document)


def test_text_and_markdown_agree_on_the_numbers(example):
    document = example("plausible")
    markdown, text = to_markdown(document), to_text(document, width=300)
    assert "| after | 0.968 | 0.958 | 0.976 | 8 | 0 |" in markdown
    assert re.search(r"after +0\.968 +0\.958 to 0\.976, 8 runs\n", text)
    assert "| before | 0.102 | 0.091 | 0.107 | 8 | 2 |" in markdown
    assert re.search(r"before +0\.102 +0\.091 to 0\.107, 8 runs, 2 failed\n", text)
    for said in (document.conclusion.sentence, document.conclusion.meaning, document.requirement):
        assert said in markdown and said in text


def test_every_table_row_has_as_many_cells_as_its_head(any_document):
    tables = re.findall(r"(?:^\|.*\|$\n?)+", to_markdown(any_document), re.MULTILINE)
    for table in tables:
        widths = {len(re.findall(r"(?<!\\)\|", row)) for row in table.strip().splitlines()}
        assert len(widths) == 1, table


def test_no_text_of_the_program_becomes_markup(example):
    """Outside of code, every angle bracket, link and emphasis of a hostile text carries a backslash."""
    outside = re.sub(r"^(`{3,}).*?^\1$", "", to_markdown(example("hostile")), flags=re.MULTILINE | re.DOTALL)
    outside = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", outside)
    outside = re.sub(r"</?(details|summary)>", "", outside)
    assert "onerror" in outside
    assert not re.search(r"(?<!\\)<", outside)


def test_a_fence_is_longer_than_any_inside(example):
    from netmend.report.markdown import _fenced

    assert _fenced("a\n`````\nb", "diff").startswith("``````diff\n")


def test_beginnings_of_lists_are_defused():
    from netmend.report.markdown import _escaped

    assert _escaped("- a") == "\\- a"
    assert _escaped("12. a") == "12\\. a"
    assert _escaped("5.4% is more") == "5.4% is more"
    read = MarkdownIt("commonmark")
    for text in ("- a", "+ a", "12. a", "3)", "7.", "5.4% is more", "1.5", "=", "0.9 -> 1.0", "10) b"):
        assert read.render(_escaped(text)) == f"<p>{html.escape(text)}</p>\n"


def test_a_large_report_fits_a_comment(example):
    assert len(to_markdown(example("large"))) < 65_536


def test_suspects_are_named_and_what_similar_runs_say_is_told(example):
    document = example("plausible")
    rows = [line for line in to_markdown(document).splitlines() if line.startswith("| 0.")]
    for suspect in document.suspects:
        (row,) = (row for row in rows if suspect.label in row)
        assert (f"**{suspect.label}**" in row) == suspect.named
        assert suspect.experience in row
    assert any(one.named for one in document.suspects) and any(one.experience for one in document.suspects)
