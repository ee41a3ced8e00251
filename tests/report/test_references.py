import re

from netmend.report.references import cited_in, references


def test_only_what_was_used_is_cited_each_once_in_order():
    papers = references(("a12", "Mann-Whitney", "effect size", "no such method", "superiority"))
    assert [paper.key for paper in papers] == ["vargha-delaney", "mann-whitney"]


def test_nothing_used_cites_nothing():
    assert references(()) == ()


def test_a_paper_is_found_by_name_or_doi_in_a_docstring():
    text = "AutoTrainer (Zhang et al., ICSE 2021), Kim et al., ICST 2023, Table 2; doi:10.1145/3470006."
    assert cited_in(text) == ("kim-2023", "autotrainer", "neuralint")


def test_common_words_cite_nothing():
    assert cited_in("The effect size of a random search; a trainer that may localize a deep fault.") == ()


def test_every_paper_has_all_its_parts_and_a_link():
    keys = ["kim-2023", "mlm4dnn", "autotrainer", "deepdiagnosis", "deeplocalize", "umlaut", "neuralint", "deepcrime"]
    keys += ["mann-whitney", "vargha-delaney", "delta-debugging", "successive-halving", "schuirmann"]
    keys += ["hebo", "bohb", "hyperband", "tpe", "cma"]
    papers = references(keys)
    assert [paper.key for paper in papers] == keys
    for paper in papers:
        assert re.search(r"(19|20)\d\d", paper.venue)
        assert re.match(r"https://(doi\.org/10\.\d{4,}/\S+|arxiv\.org/abs/\S+)$", paper.link)
        assert paper.authors and paper.sentence[-1] in ".?"
        assert paper.key in cited_in(paper.link)
