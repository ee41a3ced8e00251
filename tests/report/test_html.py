import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from netmend.core.exhibits import Listing
from netmend.report.html import to_html

SECTIONS = {
    "plausible": "verdict patch evidence findings source trials cost reproduce references",
    "no_repair": "verdict findings source evidence trials cost reproduce",
    "nothing_to_repair": "verdict evidence cost reproduce",
    "interrupted": "verdict findings source trials cost reproduce",
    "diagnosis": "verdict findings source evidence cost reproduce references",
}
VOID = {"meta", "link", "br", "img", "hr", "input"}


class Page(HTMLParser):
    """What a browser would make of a page: its elements, whether they are closed, and its text."""

    def __init__(self, text):
        super().__init__()
        self.open, self.elements, self.texts, self.errors = [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.errors.append(tag)

    def handle_data(self, data):
        if "style" not in self.open:
            self.texts.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.texts).replace("\u00a0", " ").split())


def test_every_element_is_closed_and_every_id_unique(any_document):
    page = Page(to_html(any_document))
    assert page.errors == [] and page.open == []
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", SECTIONS)
def test_every_section_is_there_in_order(example, name):
    page = Page(to_html(example(name)))
    ids = [attributes.get("id") for tag, attributes in page.elements if tag == "section"]
    assert [section for section in ids if section] == SECTIONS[name].split()


def test_the_headline_and_the_sentence_come_first(any_document):
    page = Page(to_html(any_document))
    assert [tag for tag, _ in page.elements if tag == "h1"] == ["h1"]
    assert page.text.index(any_document.conclusion.headline, len(any_document.title)) < 2000


def test_the_page_says_what_the_document_says(example):
    document = example("plausible")
    text = Page(to_html(document)).text
    said = [document.conclusion.sentence, document.conclusion.meaning, document.requirement, document.warnings[0]]
    said += [change.finding.message for change in document.findings]
    said += [suspect.label for suspect in document.suspects]
    said += [line.change for line in document.trials] + [line.sentence for line in document.trials]
    said += [name for pair in document.exhibits[-1].facts for name in pair]
    said += [paper.title for paper in document.references] + list(document.reproduce)
    said += ["0.102 → 0.968", "after: median of 8 runs", "remaining", "gone"]
    assert [words for words in said if words not in text] == []


def test_nothing_is_loaded_and_nothing_runs(any_document):
    page = Page(to_html(any_document))
    loading = [
        (tag, key, value)
        for tag, attributes in page.elements
        for key, value in attributes.items()
        if key in ("src", "srcset", "data", "action", "poster", "xlink:href") or key.startswith("on")
    ]
    assert loading == []
    assert not {"script", "iframe", "object", "embed", "img", "form", "base"} & {tag for tag, _ in page.elements}
    links = [(tag, attributes["href"]) for tag, attributes in page.elements if "href" in attributes]
    assert [link for tag, link in links if tag == "link"] == ["data:,"]
    assert all(link.startswith(("#", "https://doi.org/", "https://arxiv.org/")) for tag, link in links if tag == "a")
    style = to_html(any_document).partition("<style>")[2].partition("</style>")[0]
    assert "url(" not in style and "@import" not in style


def test_links_on_the_page_lead_somewhere(any_document):
    page = Page(to_html(any_document))
    ids = {attributes["id"] for _, attributes in page.elements if "id" in attributes}
    targets = {attributes["href"][1:] for _, attributes in page.elements if attributes.get("href", "").startswith("#")}
    assert targets <= ids


def test_hostile_text_is_shown_and_not_obeyed(example):
    text = to_html(example("hostile"))
    assert "<img" not in text and "</script" not in text
    assert "&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;&#34;&#39;&amp;`|␛[31m␀␇" in text
    assert "{{ 7*7 }}" in text
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text)


def test_every_page_can_be_written_as_utf_8_and_is_small(any_document):
    assert len(to_html(any_document).encode("utf-8")) < 300_000


def test_every_picture_is_well_formed_and_named(any_document):
    pictures = re.findall("<svg.*?</svg>", to_html(any_document), re.DOTALL)
    for picture in pictures:
        root = ElementTree.fromstring(picture)
        ids = root.attrib["aria-labelledby"].split()
        named = [element for element in root if element.attrib.get("id") in ids]
        assert [element.tag.rpartition("}")[2] for element in named] == ["title", "desc"]
        assert all((element.text or "").strip() for element in named)


def test_the_suspicious_lines_carry_their_notes(example):
    text = to_html(example("plausible"))
    rows = re.findall(r'<div class="row marked" style="--score:([\d.]+)"><span class="line">(\d+)</span>', text)
    assert rows == [("0.41", "15"), ("0.96", "16"), ("0.88", "20"), ("0.12", "24")]
    line = text[text.index('<span class="line">20</span>') :]
    assert '<a href="#finding-2">exploding-gradient</a>' in line[:700]


def test_a_long_program_is_shown_around_its_suspects(example):
    text = to_html(example("large"))
    shown = [int(number) for number in re.findall(r'<span class="line">(\d+)</span>', text)]
    assert shown == sorted(set(shown)) and len(shown) == 12 * 9
    assert "only the 12 most suspicious of 50 places are marked" in text
    # What is shown and what is said to be left out make up the whole program: 2,999 layers and one long line.
    left_out = [int(number.replace(",", "")) for number in re.findall(r"… ([\d,]+) lines?<", text)]
    assert len(shown) + sum(left_out) == 3000


def test_a_long_list_of_trials_is_folded_and_a_short_one_open(example):
    assert "<details open>" in to_html(example("plausible"))
    assert "<details>" in to_html(example("large"))
    assert "200 candidate patches in 200 trials" in Page(to_html(example("large"))).text


def test_what_the_verdict_lacks_is_not_invented(example):
    text = Page(to_html(example("interrupted"))).text
    assert "After the patch" not in text and "basis" not in text
    assert "stopped by the user; the study can be resumed" in text


def test_the_same_document_gives_the_same_page(example):
    assert to_html(example("plausible")) == to_html(example("plausible"))


def test_each_line_of_the_verdict_has_one_name_and_one_text(example):
    page = to_html(example("plausible"))
    terms = re.search(r'<ul class="terms">(.*?)</ul>', page, re.DOTALL)
    assert terms is not None
    (remains,) = re.findall(r"<li><strong>remains</strong> (.*?)</li>", terms[1], re.DOTALL)
    assert remains.startswith("<span>") and remains.endswith("</span>")


def test_without_a_listing_suspects_are_named_and_what_similar_runs_say_is_told(example):
    document = example("plausible")
    bare = replace(document, exhibits=tuple(one for one in document.exhibits if not isinstance(one, Listing)))
    page = to_html(bare)
    for suspect in bare.suspects:
        assert suspect.experience in page
        assert (f"<b>{suspect.label}</b>" in page) == suspect.named
    assert any(one.experience for one in bare.suspects)
