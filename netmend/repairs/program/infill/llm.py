"""A large language model behind a server of your choice is shown the program and asked for changes of its elements.

Nothing is asked unless this filler is named and a server is: an endpoint of the OpenAI protocol, which most local
servers speak too.

    netmend repair train.py --proposer infill --filler llm --endpoint http://127.0.0.1:8000/v1 --model NAME

`NETMEND_LLM_ENDPOINT` and `NETMEND_LLM_MODEL` stand in for the options; `NETMEND_LLM_KEY` is sent as bearer token.

*What is sent.* The text of the program without comments and without strings that look like paths or secrets, and the
list of its elements with what may stand there. Before that a line says so. Never any data, and nothing that a run
printed.

*What comes of it.* Ranked changes as JSON. Those that name elements and values of the list are tried before all other
candidates, in the order of the answer, and judged by the same trials as any. What is none is counted, by why: refused,
not JSON, no such element, no such value, timeout, HTTP error, unreachable. All else is scored as without a server.

References:
    "Fault localisation and repair for DL systems: an empirical study with LLMs", arXiv 2506.03396, 2025.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from collections.abc import Sequence as Several
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netmend.core.errors import Unchangeable, UsageError
from netmend.program.blame import Value
from netmend.program.elements._base import Element
from netmend.program.elements._find import change, find_all, values_of
from netmend.program.sequence.read import Sequence
from netmend.program.sequence.vocabulary import ELEMENTS, KINDS
from netmend.program.source import Program
from netmend.repairs.program.infill._base import Filler, Scorer, ScorerKind, Scores, Wish, Wishes
from netmend.repairs.program.infill._chat import NoAnswer, Server, ask
from netmend.repairs.program.infill._discreet import discreet
from netmend.repairs.program.infill._scorer import scorer

ASKED = frozenset(ELEMENTS) - {"metric"} | {"units", "dropout-rate", "input-scaling", "normalisation"}
"""Kinds of elements that it is asked about; not what a program only reports."""

NUMBERS = {"learning-rate": float, "dropout-rate": float, "epochs": int, "batch-size": int, "units": int}
"""Kinds whose value may be any positive number."""

FIRST = 20.0
"""The gain of the first wish; each further one has one less. More than a scorer gives to likely changes. Own choice."""

MOST = 20
"""Changes that are asked for and taken: as many as the usual budget can try."""

TASK = """\
You repair training programs of neural networks. The program below trains, but badly. Its elements are listed with \
what stands there and what may. Answer with one JSON object and nothing else:
{"edits": [{"changes": [{"element": "E1", "value": "..."}], "reason": "..."}]}
Each edit is one repair: one to three elements, each with another value of its list (a list that ends in a number may \
be any positive number). The likeliest repair comes first; at most 20."""


@dataclass(frozen=True)
class Asked:
    """A server, and the scorer that ranks what it does not ask for."""

    server: Server
    otherwise: Scorer

    def log_probabilities(self, sequence: Sequence, position: int, candidates: Several[str]) -> Scores:
        """As `Scorer.log_probabilities`, by the default scorer."""
        return self.otherwise.log_probabilities(sequence, position, candidates)


@dataclass(frozen=True)
class Question:
    """What is sent: the elements by the names they have there, the text, and how much of it was left out."""

    elements: Mapping[str, Element]
    text: str
    left_out: int

    @property
    def messages(self) -> list[Mapping[str, str]]:
        """As the protocol wants them."""
        return [{"role": "system", "content": TASK}, {"role": "user", "content": self.text}]


def question(program: Program) -> Question:
    """What would be sent about a program."""
    found = [element for element in find_all(program) if element.kind in ASKED and _options(element)]
    named = {f"E{number}": element for number, element in enumerate(found, 1)}
    shown, left_out = [], 0
    for file in program.files:
        text, number = discreet(file.text)
        shown.append(f"# file {file.name}\n{text}")
        left_out += number
    listed = [
        f"{name}, line {element.place.line}, {element.label}; may be: {', '.join(map(str, _options(element)))}"
        for name, element in named.items()
    ]
    return Question(named, "\n".join([*shown, "", "Elements:", *listed]), left_out)


def _options(element: Element) -> tuple[Value, ...]:
    values = tuple("removed" if value is None else value for value in values_of(element))
    return (*values, 1) if element.kind in NUMBERS and not values else values


def _wishes(asked: Asked, program: Program) -> Wishes:
    sent = question(program)
    answer = ask(asked.server, sent.messages)
    if isinstance(answer, NoAnswer):
        return Wishes((), {answer.why: 1})
    refused: Counter[str] = Counter()
    found: dict[tuple[tuple[str, str], ...], Wish] = {}
    for edit in _edits(answer)[:MOST]:
        assignment = _assignment(edit, sent.elements, program)
        if isinstance(assignment, str):
            refused[assignment] += 1
            continue
        key = tuple(sorted((name, str(value)) for name, value in assignment.items()))
        reason = f"{asked.server.model}: {str(edit.get('reason', '')).strip()[:200]}"
        found.setdefault(key, Wish(assignment, FIRST - len(found), reason))
    if not found and not refused:
        refused["not JSON"] += 1
    return Wishes(tuple(found.values()), dict(refused))


def _edits(answer: Any) -> list[Mapping[str, Any]]:
    """The edits of an answer, also where it is a bare list or a single edit."""
    if isinstance(answer, dict):
        answer = answer.get("edits", [answer] if "changes" in answer or "element" in answer else [])
    return [each for each in answer if isinstance(each, dict)] if isinstance(answer, list) else []


def _assignment(edit: Mapping[str, Any], elements: Mapping[str, Element], program: Program) -> dict[str, Value] | str:
    """Element id to value; why there is none otherwise."""
    changes = edit.get("changes", [edit] if "element" in edit else [])
    found: dict[str, Value] = {}
    for each in changes if isinstance(changes, list) else ():
        element = elements.get(str(each.get("element", "")).strip()) if isinstance(each, dict) else None
        if element is None:
            return "no such element"
        value = _value(element, each.get("value"))
        if value is _NOTHING or (value == element.value and not element.absent):
            return "no such value"
        try:
            change(program, element, value)
        except Unchangeable:
            return "no such value"
        found[element.id] = value
    return found or "no such element"


_NOTHING: Any = object()


def _value(element: Element, written: Any) -> Any:
    """The canonical value that is meant; `_NOTHING` if none is."""
    number = NUMBERS.get(element.kind)
    if number is not None:
        try:
            value = number(float(written))
        except (TypeError, ValueError, OverflowError):
            return _NOTHING
        return value if value > 0 or (element.kind == "dropout-rate" and value == 0) else _NOTHING
    options: Iterator[Value] = iter((*values_of(element), *KINDS[element.kind].values) if element.kind in KINDS else ())
    known: dict[str, Value] = {"removed" if option is None else str(option).lower(): option for option in options}
    return known.get(str(written).strip().lower(), _NOTHING)


def tells(asked: Asked, program: Program) -> str:
    """What is about to be sent, and to whom."""
    sent = question(program)
    files = ", ".join(file.name for file in program.files)
    return (
        f"asking {asked.server.model} at {asked.server.url}: sends the text of {files} "
        f"({sent.left_out} comments and strings left out) and a list of {len(sent.elements)} elements; no data"
    )


def _connect(filler: Filler) -> Scorer:
    endpoint = filler.endpoint or os.environ.get("NETMEND_LLM_ENDPOINT", "")
    model = filler.model or os.environ.get("NETMEND_LLM_MODEL", "")
    for value, option in ((endpoint, "--endpoint"), (model, "--model")):
        if not value:
            hint = "for example --endpoint http://127.0.0.1:8000/v1 --model NAME"
            raise UsageError(f"the filler llm needs {option}: nobody is asked by default", where=option, hint=hint)
    server = Server(endpoint, model, os.environ.get("NETMEND_LLM_KEY", ""))
    server.url  # noqa: B018  # an address that is none is said now
    return Asked(server, scorer())


def _open(path: Path | None) -> Scorer:
    return _connect(Filler("llm", "" if path is None else str(path)))


kind = ScorerKind(open=_open, connect=_connect, wishes=_wishes, tells=tells)
