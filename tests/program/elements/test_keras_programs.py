"""Every element of every program is found where it is said to be, and takes every value it says it takes."""

import ast
import re
import runpy
from collections import Counter
from pathlib import Path

import pytest

from netmend.core.discover import contributions
from netmend.core.errors import Unchangeable
from netmend.program.elements._base import ElementKind
from netmend.program.elements._find import change, find_all, values_of
from netmend.program.reading import spelling
from netmend.program.source import Program, spliced

ALL = runpy.run_path(str(Path(__file__).with_name("keras_programs.py")))["ALL"]
KINDS = contributions("netmend.program.elements", ElementKind)


# Kinds of which nearly every program has elements, mostly absent ones: listed for one program, below.
EVERYWHERE = {
    "bias-initialiser",
    "class-weight",
    "gradient-clipping",
    "input-scaling",
    "label-form",
    "layer-repeats",
    "normalisation",
    "shuffling",
    "validation-split",
}
# Kinds whose change may add layers, so that others follow.
INSERTING = {"normalisation", "layer-repeats", "dropout-rate", "input-scaling"}


def labels(program, everywhere=False):
    return [
        f"{'-' if e.layer is None else e.layer} {e.role[:1] or '.'} {e.label}"
        for e in find_all(program)
        if everywhere == (e.kind in EVERYWHERE or (e.kind == "dropout-rate" and e.absent))
    ]


EXPECTED = {
    "list": """
        0 i layer of Dense 1: Dense
        0 i units of Dense 1: 32
        0 i activation of Dense 1: relu
        0 i initialiser of Dense 1: glorot_uniform (default)
        0 i regulariser of Dense 1: none (default)
        1 h layer of Dropout 2: Dropout
        1 h dropout-rate of Dropout 2: 0.25
        2 o layer of Dense 3: Dense
        2 o units of Dense 3: 3
        2 o activation of Dense 3: softmax
        2 o initialiser of Dense 3: glorot_uniform (default)
        2 o regulariser of Dense 3: none (default)
        - . optimiser of compile: adam
        - . learning-rate of Adam: 0.001 (default)
        - . loss of compile: sparse_categorical_crossentropy
        - . metric of compile: accuracy
        - . epochs of fit: 5
        - . batch-size of fit: 16
    """,
    "add": """
        0 i layer of Dense 1: Dense
        0 i units of Dense 1: 16
        0 i initialiser of Dense 1: he_normal
        0 i regulariser of Dense 1: none (default)
        1 h layer of LeakyReLU 2: LeakyReLU
        1 h activation of LeakyReLU 2: leaky_relu
        2 o layer of Dense 3: Dense
        2 o units of Dense 3: 1
        2 o initialiser of Dense 3: glorot_uniform (default)
        2 o regulariser of Dense 3: none (default)
        3 o layer of Activation 4: Activation
        3 o activation of Activation 4: sigmoid
        - . optimiser of compile: sgd
        - . learning-rate of SGD: 0.1
        - . momentum of SGD: 0.9
        - . loss of compile: binary_crossentropy
        - . metric of compile: accuracy
        - . batch-size of fit: 64
        - . epochs of fit: 3
    """,
    "functional": """
        0 i layer of Dense 1: Dense
        0 i units of Dense 1: 24
        0 i activation of Dense 1: tanh
        0 i regulariser of Dense 1: l2(0.0001)
        0 i initialiser of Dense 1: glorot_uniform (default)
        1 h layer of BatchNormalization 2: BatchNormalization
        2 h layer of Dropout 3: Dropout
        2 h dropout-rate of Dropout 3: 0.5
        3 o layer of Dense 4: Dense
        3 o units of Dense 4: 1
        3 o activation of Dense 4: linear (default)
        3 o initialiser of Dense 4: glorot_uniform (default)
        3 o regulariser of Dense 4: none (default)
        - . loss of compile: mean_squared_error
        - . optimiser of compile: rmsprop
        - . learning-rate of RMSprop: 0.01
        - . momentum of RMSprop: 0.0 (default)
        - . metric of compile: mean_absolute_error
        - . metric of compile: root_mean_squared_error
        - . epochs of fit: 10
        - . batch-size of fit: 32 (default)
    """,
    "subclass": """
        0 i units of Dense 1: 20
        0 i layer of Dense 1: Dense
        0 i initialiser of Dense 1: glorot_uniform (default)
        0 i regulariser of Dense 1: none (default)
        1 o layer of Dense 2: Dense
        1 o units of Dense 2: 4
        1 o activation of Dense 2: linear (default)
        1 o initialiser of Dense 2: glorot_uniform (default)
        1 o regulariser of Dense 2: none (default)
        0 i activation of relu: relu
        - . optimiser of compile: sgd
        - . learning-rate of SGD: 0.01 (default)
        - . loss of compile: sparse_categorical_crossentropy(from_logits)
        - . metric of compile: none (default)
        - . batch-size of fit: 32 (default)
        - . epochs of fit: 1 (default)
    """,
    "configuration": """
        - . learning-rate of Adam: 0.5
        - . epochs of fit: 7
        - . batch-size of fit: 128
        0 i units of Dense 1: 10
        - . loss of compile: mean_squared_error
        - . metric of compile: none
        0 i layer of Dense 1: Dense
        0 i activation of Dense 1: relu
        0 i initialiser of Dense 1: glorot_uniform (default)
        0 i regulariser of Dense 1: none (default)
        1 o layer of Dense 2: Dense
        1 o units of Dense 2: 1
        1 o initialiser of Dense 2: zeros
        1 o activation of Dense 2: linear (default)
        1 o regulariser of Dense 2: none (default)
        - . optimiser of compile: adam
    """,
    "arguments": """
        0 i layer of Dense 1: Dense
        0 i activation of Dense 1: elu
        0 i initialiser of Dense 1: glorot_uniform (default)
        0 i regulariser of Dense 1: none (default)
        1 o layer of Dense 2: Dense
        1 o units of Dense 2: 2
        1 o activation of Dense 2: softmax
        1 o initialiser of Dense 2: glorot_uniform (default)
        1 o regulariser of Dense 2: none (default)
        - . learning-rate of Adagrad: 0.02
        - . batch-size of fit: 32
        - . epochs of fit: 4
        0 i units of Dense 1: 48
        - . loss of compile: categorical_crossentropy
        - . optimiser of compile: adagrad
        - . metric of compile: none (default)
    """,
    "schedule": """
        - . rate-schedule of ExponentialDecay: each update
        - . learning-rate of Nadam: 0.3
        0 i layer of LSTM 1: LSTM
        0 i units of LSTM 1: 6
        0 i dropout-rate of LSTM 1: 0.1
        0 i activation of LSTM 1: tanh (default)
        0 i initialiser of LSTM 1: glorot_uniform (default)
        0 i regulariser of LSTM 1: none (default)
        1 o layer of Dense 2: Dense
        1 o units of Dense 2: 1
        1 o activation of Dense 2: linear
        1 o initialiser of Dense 2: glorot_uniform (default)
        1 o regulariser of Dense 2: none (default)
        - . optimiser of compile: nadam
        - . loss of compile: huber
        - . metric of compile: none (default)
        - . epochs of fit: 2
        - . batch-size of fit: 32 (default)
    """,
    "dataset": """
        - . batch-size of batch: 20
        0 i layer of Conv2D 1: Conv2D
        0 i units of Conv2D 1: 4
        0 i activation of Conv2D 1: relu
        0 i initialiser of Conv2D 1: glorot_uniform (default)
        0 i regulariser of Conv2D 1: none (default)
        1 h layer of MaxPooling2D 2: MaxPooling2D
        2 h flattening of Flatten 3: flatten
        2 h layer of Flatten 3: Flatten
        3 o layer of Dense 4: Dense
        3 o units of Dense 4: 10
        3 o activation of Dense 4: linear (default)
        3 o initialiser of Dense 4: glorot_uniform (default)
        3 o regulariser of Dense 4: none (default)
        - . optimiser of compile: adam
        - . learning-rate of Adam: 1e-05
        - . loss of compile: sparse_categorical_crossentropy(from_logits)
        - . metric of compile: accuracy
        - . epochs of fit: 2
    """,
    "loop": """
        0 i layer of Dense 1: Dense
        0 i units of Dense 1: 8
        0 i activation of Dense 1: tanh
        0 i initialiser of Dense 1: glorot_uniform (default)
        0 i regulariser of Dense 1: none (default)
        - h layer of Dense: Dense
        - h units of Dense: 8
        - h activation of Dense: tanh
        - h initialiser of Dense: glorot_uniform (default)
        - h regulariser of Dense: none (default)
        3 h layer of Dense 4: Dense
        3 h units of Dense 4: size
        3 h activation of Dense 4: linear (default)
        3 h initialiser of Dense 4: glorot_uniform (default)
        3 h regulariser of Dense 4: none (default)
        - o layer of Dense: Dense
        - o units of Dense: 1
        - o activation of Dense: tanh
        - o initialiser of Dense: glorot_uniform (default)
        - o regulariser of Dense: none (default)
        - . loss of compile: mean_absolute_error
        - . optimiser of compile: rmsprop (default)
        - . metric of compile: none (default)
        - . epochs of fit: epochs
        - . batch-size of fit: 32 (default)
    """,
    "wrapped": """
        2 h layer of Dense 3: Dense
        2 h units of Dense 3: 5
        2 h activation of Dense 3: linear (default)
        2 h initialiser of Dense 3: glorot_uniform (default)
        2 h regulariser of Dense 3: none (default)
        0 i layer of Embedding 1: Embedding
        0 i vocabulary-size of Embedding 1: 100
        0 i units of Embedding 1: 8
        0 i initialiser of Embedding 1: random_uniform (default)
        0 i regulariser of Embedding 1: none (default)
        1 h layer of Bidirectional 2: Bidirectional
        1 h layer of GRU 2: GRU
        1 h units of GRU 2: 7
        1 h initialiser of GRU 2: random_normal(0, 1)
        1 h activation of GRU 2: tanh (default)
        1 h regulariser of GRU 2: none (default)
        2 h layer of Scale 3: Scale
        3 o layer of Dense 4: Dense
        3 o units of Dense 4: 1
        3 o activation of Dense 4: leaky_relu
        3 o initialiser of Dense 4: glorot_uniform (default)
        3 o regulariser of Dense 4: none (default)
        - . optimiser of compile: adam
        - . learning-rate of Adam: 0.001 (default)
        - . loss of compile: binary_crossentropy
        - . metric of compile: none (default)
        - . batch-size of fit: 32 (default)
        - . epochs of fit: 1 (default)
    """,
}
EXPECTED["windows"] = EXPECTED["list"]


@pytest.mark.parametrize("name", EXPECTED)
def test_the_elements_are_those_a_reader_of_the_program_finds(name):
    wanted = [line.strip() for line in EXPECTED[name].strip().splitlines()]
    assert sorted(labels(Program.from_text(ALL[name]))) == sorted(wanted)


def test_what_is_mostly_absent_is_found_where_it_would_stand():
    assert sorted(labels(Program.from_text(ALL["list"]), everywhere=True)) == [
        "- . class-weight of fit: none (default)",
        "- . gradient-clipping of Adam: none (default)",
        "- . input-scaling of fit: none (default)",
        "- . label-form of fit: none (default)",
        "- . shuffling of fit: True (default)",
        "- . validation-split of fit: 0.0 (default)",
        "0 i bias-initialiser of Dense 1: zeros (default)",
        "0 i layer-repeats of Dense 1: 1",
        "0 i normalisation of Dense 1: none (default)",
        "2 o bias-initialiser of Dense 3: zeros (default)",
    ]
    numbers = [e.value for e in find_all(Program.from_text(ALL["functional"])) if e.kind == "normalisation"]
    assert numbers == ["batch_normalization"]


@pytest.mark.parametrize("name", ALL)
def test_no_element_is_found_twice_and_places_are_exact(name):
    program = Program.from_text(ALL[name])
    elements = find_all(program)
    assert len({element.id for element in elements}) == len(elements)
    lines = program.main.text.split("\n")
    for element in elements:
        assert program.main.text[element.start : element.end] == element.text
        assert element.absent == (element.text == "")
        above = sum(len(line) + 1 for line in lines[: element.place.line - 1])
        assert above + element.place.column - 1 == element.start


@pytest.mark.parametrize("name", ALL)
def test_elements_come_in_the_order_of_the_text(name):
    starts = [element.start for element in find_all(Program.from_text(ALL[name]))]
    assert starts == sorted(starts)


def values(program, changed):
    """What every element is worth, but for those that follow from the changed one."""
    settings = {"learning-rate", "gradient-clipping", "momentum", "betas"}
    follow = {"optimiser": settings, "layer": set(KINDS) - {"layer"}}.get(changed.kind, set())
    follow = {"learning-rate"} if changed.kind == "rate-schedule" else follow  # unknown while it changes
    if changed.kind in settings and changed.absent:  # "sgd" becomes an object, which has a momentum
        follow = {"momentum"} - {changed.kind}
    follow = {"layer"} if changed.form == "layer" else follow
    if changed.kind in INSERTING:
        return Counter((each.kind, each.value) for each in find_all(program) if each.kind == changed.kind)
    return Counter((each.kind, each.layer, each.value) for each in find_all(program) if each.kind not in follow)


@pytest.mark.parametrize("name", ALL)
def test_every_offered_value_can_be_written_and_is_read_back(name):
    program = Program.from_text(ALL[name])
    for element in find_all(program):
        for value in values_of(element):
            if value is None:
                continue
            edits = change(program, element, value)
            patched = program.patched(edits)
            ast.parse(patched.main.text)
            assert patched.main.text == spliced(program.main.text, tuple(edits)) or "\r\n" in program.main.text
            before, after = values(program, element), values(patched, element)
            if element.form == "schedule":
                assert before == after and spelling.number(value) in patched.main.text
                continue
            what = (element.kind,) if element.kind in INSERTING else (element.kind, element.layer)
            assert before - after == Counter([(*what, element.value)]), (element.label, value)
            # Without a schedule there is no element.
            written = [] if element.kind == "rate-schedule" else [(*what, value)]
            assert after - before == Counter(written), (element.label, value)


@pytest.mark.parametrize("name", ALL)
def test_an_edit_leaves_every_line_alone_that_it_does_not_touch(name):
    program = Program.from_text(ALL[name])
    before = program.main.text.splitlines(keepends=True)
    for element in find_all(program):
        for value in [*values_of(element)][:3]:
            if value is None:
                continue
            after = program.patched(change(program, element, value)).main.text.splitlines(keepends=True)
            kept = [line for line in after if line in before]
            assert len(before) - len(kept) <= 1, (element.label, value)
            assert {line.endswith("\r\n") for line in after} == {line.endswith("\r\n") for line in before}
            comments = re.compile(r"#.*")
            assert comments.findall("".join(after)) == comments.findall("".join(before))


@pytest.mark.parametrize("name", ALL)
def test_a_layer_that_says_it_can_be_removed_can_be(name):
    program = Program.from_text(ALL[name])
    for element in find_all(program):
        if element.kind != "layer":
            continue
        if None not in values_of(element):
            with pytest.raises(Unchangeable):
                change(program, element, None)
            continue
        patched = program.patched(change(program, element, None))
        layers = [
            each.value
            for each in find_all(program)
            if each.kind == "layer" and not element.start <= each.start < element.end
        ]
        assert [each.value for each in find_all(patched) if each.kind == "layer"] == layers


@pytest.mark.parametrize("name", ALL)
def test_writing_the_present_value_changes_nothing(name):
    program = Program.from_text(ALL[name])
    for element in find_all(program):
        if not element.absent and element.value is not None:
            assert change(program, element, element.value) == ()


@pytest.mark.parametrize("name", ALL)
def test_two_absent_arguments_of_one_call_can_be_added_together(name):
    program = Program.from_text(ALL[name])
    once = {"learning-rate", "gradient-clipping"}  # of an optimiser that is only named
    absent = [e for e in find_all(program) if e.absent and e.kind not in once and values_of(e)]
    edits = tuple(edit for element in absent for edit in change(program, element, values_of(element)[0]))
    patched = program.patched(edits)
    places = {(e.kind, e.owner) for e in find_all(patched) if e.absent and e.kind not in {*once, *INSERTING}}
    assert not places & {(e.kind, e.owner) for e in absent}


def test_values_never_offer_what_is_there():
    for text in ALL.values():
        for element in find_all(Program.from_text(text)):
            assert element.value not in values_of(element) or element.value is None
            assert len(set(values_of(element))) == len(values_of(element))


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_finds_exactly_its_own(kind):
    for text in ALL.values():
        program = Program.from_text(text)
        wanted = tuple(element for element in find_all(program, crashed=True) if element.kind == kind)
        assert tuple(KINDS[kind].value.find(program)) == wanted
