"""The filler that asks a server, against one on this machine that answers as it is told."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from netmend.core.errors import UsageError
from netmend.program.elements._find import find_all
from netmend.program.sequence.read import sequence_of
from netmend.program.source import Program
from netmend.repairs.program.infill import _chat, llm
from netmend.repairs.program.infill._base import Filler
from netmend.repairs.program.infill._chat import json_in
from netmend.repairs.program.infill._scorer import filled_by, scorer

PROGRAM = Program.from_text("""
import keras, numpy as np

x = np.loadtxt("/secret/patients.csv")  # of our clinic
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(8), keras.layers.Dense(1, activation="softmax")])
model.compile(loss="binary_crossentropy", optimizer="adam", metrics=["accuracy"])
model.fit(x, y, epochs=10, batch_size=16)
""")


class Stub:
    """A server; `answer` is what the model says, `status` and `delay` how."""

    def __init__(self):
        self.answer, self.status, self.delay, self.message, self.requests = "", 200, 0.0, None, []
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                length = int(self.headers["Content-Length"])
                stub.requests.append((self.path, dict(self.headers), json.loads(self.rfile.read(length))))
                time.sleep(stub.delay)
                message = {"content": stub.answer} if stub.message is None else stub.message
                body = json.dumps({"choices": [{"message": message}]}).encode()
                self.send_response(stub.status)
                if stub.status == 302:
                    self.send_header("Location", "http://127.0.0.1:9/elsewhere")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}/v1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def stub(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    for name in ("ENDPOINT", "MODEL", "KEY"):
        monkeypatch.delenv(f"NETMEND_LLM_{name}", raising=False)
    made = Stub()
    yield made
    made.server.shutdown()
    made.server.server_close()


def asked(stub, told=None):
    """What comes of one question."""
    filler = Filler("llm", "tiny", stub.address)
    return filled_by(filler, PROGRAM, (told if told is not None else []).append)[1]


def named(kind, owner=""):
    """The name that an element has in the question."""
    elements = llm.question(PROGRAM).elements.items()
    return next(name for name, each in elements if each.kind == kind and owner in each.owner)


def edit(*changes):
    return {"changes": [{"element": element, "value": value} for element, value in changes], "reason": "why not"}


def test_ranked_edits_become_typed_ones_in_their_order(stub):
    last = [name for name, each in llm.question(PROGRAM).elements.items() if each.kind == "activation"][-1]
    edits = [edit((last, "sigmoid")), edit((named("epochs"), 50), (named("learning-rate"), "0.01"))]
    stub.answer = json.dumps({"edits": edits})
    found = asked(stub)
    values = {element.id: element for element in find_all(PROGRAM)}
    shown = [{(values[key].kind, value) for key, value in wish.assignment.items()} for wish in found.found]
    assert shown == [{("activation", "sigmoid")}, {("epochs", 50), ("learning-rate", 0.01)}]
    assert found.found[0].gain > found.found[1].gain
    assert not found.refused
    assert "tiny: why not" in found.found[0].reason


def test_only_the_text_without_paths_comments_and_data_is_sent_and_that_is_said_before(stub, monkeypatch):
    monkeypatch.setenv("NETMEND_LLM_KEY", "sesame")
    stub.answer = "{}"
    told = []
    requests_when_told = []

    class Told(list):
        def append(self, sentence):
            requests_when_told.append(len(stub.requests))
            told.append(sentence)

    asked(stub, Told())
    path, headers, body = stub.requests[0]
    assert requests_when_told == [0]
    assert stub.address in told[0] and "no data" in told[0] and "2 comments and strings left out" in told[0]
    assert path == "/v1/chat/completions"
    assert headers["Authorization"] == "Bearer sesame"
    sent = json.dumps(body)
    assert "binary_crossentropy" in sent
    assert not any(word in sent for word in ("patients", "clinic", "sesame"))


@pytest.mark.parametrize(
    "wrap", ["{}", "```json\n{}\n```", "Of course! Here it is:\n{}\nGood luck.", "<think>or {{1}}?</think>{}"]
)
def test_json_is_found_in_whatever_is_around_it(stub, wrap):
    stub.answer = wrap.format(json.dumps({"edits": [edit((named("loss"), "mean_squared_error"))]}))
    assert len(asked(stub).found) == 1


@pytest.mark.parametrize("shape", ["list", "single", "flat"])
def test_other_shapes_of_the_same_answer_are_understood(stub, shape):
    whole = edit((named("epochs"), "40"))
    stub.answer = json.dumps({"list": [whole], "single": whole, "flat": {"edits": whole["changes"]}}[shape])
    assert [list(wish.assignment.values()) for wish in asked(stub).found] == [[40]]


def test_each_kind_of_bad_answer_is_counted_as_what_it_is(stub):
    good, loss = edit((named("epochs"), 20)), named("loss")
    bad = [
        edit(("E999", 1)),
        edit((loss, "pixie dust")),
        edit((loss, "binary_crossentropy")),
        edit((named("epochs"), -3)),
    ]
    stub.answer = json.dumps({"edits": [*bad, good, {"changes": "none"}, good]})
    found = asked(stub)
    assert len(found.found) == 1
    assert found.refused == {"no such element": 2, "no such value": 3}


@pytest.mark.parametrize(
    ("setting", "why"),
    [
        ({"answer": "I'm sorry, I can't help with that."}, "refused"),
        ({"message": {"content": None, "refusal": "no"}}, "refused"),
        ({"answer": ""}, "refused"),
        ({"answer": "Change the loss to MSE."}, "not JSON"),
        ({"answer": '{"edits": [{"changes"'}, "not JSON"),
        ({"answer": '{"edits": []}'}, "not JSON"),
        ({"message": "no object"}, "not JSON"),
        ({"status": 500}, "HTTP error"),
        ({"status": 302}, "HTTP error"),
    ],
)
def test_no_answer_is_a_counted_result_too(stub, setting, why):
    for name, value in setting.items():
        setattr(stub, name, value)
    found = asked(stub)
    assert (found.found, dict(found.refused)) == ((), {why: 1})


def test_a_server_that_is_silent_or_absent_ends_nothing(stub, monkeypatch):
    monkeypatch.setattr(_chat.Server, "__init__", _quick(_chat.Server.__init__))
    stub.delay = 1.0
    assert asked(stub).refused == {"timeout": 1}
    stub.address = "http://127.0.0.1:9/v1"
    assert asked(stub).refused == {"unreachable": 1}


def _quick(made):
    def init(self, *args, **more):
        made(self, *args, **{**more, "seconds": 0.2})

    return init


def test_all_else_is_scored_as_without_a_server(stub):
    sequence = sequence_of(PROGRAM)
    position = sequence.positions("loss")[0]
    looking, _ = filled_by(Filler("llm", "tiny", stub.address), PROGRAM)
    values = ("mean_squared_error", "binary_crossentropy")
    own = scorer().log_probabilities(sequence, position, values)
    assert looking.log_probabilities(sequence, position, values).tolist() == own.tolist()


def test_nobody_is_asked_unless_a_server_and_a_model_are_named(stub, monkeypatch):
    with pytest.raises(UsageError, match="--endpoint"):
        filled_by(Filler("llm", "tiny"), PROGRAM)
    with pytest.raises(UsageError, match="--model"):
        filled_by(Filler("llm", "", stub.address), PROGRAM)
    with pytest.raises(UsageError, match="no address"):
        filled_by(Filler("llm", "tiny", "file:///etc/passwd"), PROGRAM)
    assert not stub.requests
    monkeypatch.setenv("NETMEND_LLM_ENDPOINT", stub.address)
    monkeypatch.setenv("NETMEND_LLM_MODEL", "other")
    filled_by(Filler("llm"), PROGRAM)
    assert stub.requests[0][2]["model"] == "other"


def test_json_in_a_text_is_the_first_that_is_an_object_or_a_list_of_them():
    assert json_in('[1] {\'a\'} [] {"a": 1} {"b": 2}') == {"a": 1}
    assert json_in("none") is None
    assert json_in("[" * 5000) is None
