import pytest

from netmend.cli.explain import documentation


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
