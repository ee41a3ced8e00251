import pytest

from netmend.cli.explain import documentation, paragraphs


def test_without_a_name_everything_is_listed(cli):
    done = cli("explain")
    assert (done.status, done.stderr) == (0, "")
    for kind, name in {
        "symptom": "dying-relu",
        "static rule": "double-activation",
        "operator": "lower-learning-rate",
        "proposer": "auto",
        "source element": "batch-size",
        "metric": "accuracy",
    }.items():
        assert f"\n{kind}\n" in f"\n{done.stdout}"
        assert f"\n  {name} " in done.stdout


@pytest.mark.parametrize("name", ["dying-relu", "auto", "accuracy", "learning-rate"])
def test_a_name_is_explained_in_full(cli, name):
    done = cli("explain", name)
    assert done.status == 0
    assert done.stdout.startswith(f"{name} (")
    assert documentation(name).splitlines()[0] in " ".join(done.stdout.split())


@pytest.mark.parametrize("columns", ["40", "70", "150"])
def test_an_explanation_fills_the_lines_of_any_terminal(cli, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", columns)
    lines = cli("explain", "loss-not-decreasing").stdout.splitlines()
    assert max(map(len, lines)) <= int(columns)
    assert " ".join(" ".join(lines).split()[2:]) == " ".join(documentation("loss-not-decreasing").split())
    below = lines.index("How it is measured:") + 1
    first_of_two = lines[below : lines.index("", below)][0]
    assert len(first_of_two) > int(columns) - 20, "broken where the docstring breaks it"


def test_paragraphs_keep_their_indentation_and_lists_their_items():
    text = "Title.\n\nHow:\n    One\n    two.\n\nList:\n- a\n- b\n  more\n"
    assert list(paragraphs(text)) == [
        (0, "Title."),
        (0, ""),
        (0, "How:"),
        (4, "One two."),
        (0, ""),
        (0, "List:"),
        (0, "- a"),
        (0, "- b"),
        (2, "more"),
    ]


@pytest.mark.parametrize(("misspelt", "meant"), [("dying-rellu", "dying-relu"), ("acuracy", "accuracy")])
def test_a_misspelt_name_gets_suggestions(cli, misspelt, meant):
    done = cli("explain", misspelt)
    assert done.status == 2
    assert f"nothing is called '{misspelt}'" in done.stderr
    assert "did you mean" in done.stderr and meant in done.stderr
    assert done.stdout == ""


def test_a_name_like_no_other_leads_to_the_list(cli):
    done = cli("explain", "qqqqqqqq")
    assert "netmend explain lists all names" in done.stderr


def test_what_is_not_known_has_no_documentation():
    assert documentation("qqqqqqqq") == ""
