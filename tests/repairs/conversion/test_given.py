import numpy as np
import pytest

from netmend.core.errors import BrokenFile, UnsupportedModel, UsageError
from netmend.repairs.conversion.given import Options, read_pair, requirement_of, words
from netmend.repairs.conversion.pictures import Preparation
from netmend.repairs.conversion.reading import How
from netmend.repairs.conversion.requirement.labels import Labels
from netmend.repairs.conversion.requirement.tensors import Tensors
from tests.repairs.conversion.networks import NODES, changed, graph_of, rows, write


def test_half_of_the_rows_are_held_out_and_both_halves_hold_rows_that_differ(pair_of, tmp_path):
    # The target differs where the first entry is above zero.
    source = graph_of([("Relu", ["x"], ["y"], {})], {}, (None, 3), ("y", (None, 3)))
    target = graph_of([("Identity", ["x"], ["y"], {})], {}, (None, 3), ("y", (None, 3)))
    paths = pair_of(target, source)
    value = np.ones((10, 3), np.float32)
    value[[1, 2, 3, 4]] = -1
    np.savez(tmp_path / "y.npz", x=value)
    pair, warnings = read_pair(paths, Options(inputs=tmp_path / "y.npz"))
    wrong = {"1", "2", "3", "4"}
    assert len(wrong & set(pair.inputs.names)) == len(wrong & set(pair.held_out.names)) == 2
    assert not set(pair.inputs.names) & set(pair.held_out.names) and warnings == ()


def test_made_up_inputs_are_said_to_be_so(pair_of):
    pair, warnings = read_pair(pair_of(), Options())
    assert pair.inputs.generated and "random" in warnings[0]


def test_the_requirement_is_what_the_options_say():
    assert requirement_of(Options()) == Tensors()
    assert requirement_of(Options(tolerance=0.5)) == Tensors(0.5)
    assert requirement_of(Options(labels=5, at_least=0.9)) == Labels(5, 0.9)
    for wrong in (Options(labels=1, task="m.py:f"), Options(tolerance=-1.0), Options(tolerance=float("nan"))):
        with pytest.raises(UsageError):
            requirement_of(wrong)


def test_the_same_file_twice_is_refused(pair_of):
    source, _ = pair_of()
    with pytest.raises(UsageError, match="same file"):
        read_pair((source, source), Options())


def test_a_truncated_network_is_refused(pair_of):
    source, target = pair_of()
    target.write_bytes(target.read_bytes()[:-200])
    with pytest.raises((BrokenFile, UnsupportedModel)):
        read_pair((source, target), Options())


def test_an_unknown_operator_of_the_source_is_refused_by_name(pair_of):
    source, target = pair_of()
    write(source, graph_of([("Bernoulli", ["x"], ["y"], {})], {}, (None, 3, 9, 11), ("y", (None, 3, 9, 11))))
    with pytest.raises(UnsupportedModel, match="Bernoulli"):
        read_pair((source, target), Options())


def test_different_inputs_are_refused(pair_of):
    target = graph_of([("Flatten", ["x"], ["y"], {})], {}, (None, 7), ("y", (None, 7)))
    with pytest.raises(UsageError, match="no order of axes"):
        read_pair(pair_of(target), Options())


def test_a_match_that_names_nothing_is_refused(pair_of):
    with pytest.raises(UsageError, match="no input or output 'q'"):
        read_pair(pair_of(), Options(match=(("q", "y"),)))


def test_options_are_written_as_the_command_line_takes_them(tmp_path):
    how = How(Preparation((0.5,), (0.25, 0.5, 1.0), "bgr", 224), Preparation((0.1,)), 40, 3)
    options = Options(tmp_path, how, (("x", "z"),), 5, 0.9, "", 0.5, "a.py:f", "b.py:g", False)
    assert list(words(options)) == [
        "--inputs", str(tmp_path), "--match", "x=z", "--labels-of", "top-5", "--at-least", "90%", "--tolerance", "0.5",
        "--architecture", "a.py:f", "--target-architecture", "b.py:g", "--preprocessing", "recipe", "--mean", "0.5",
        "--std", "0.25,0.5,1", "--channels", "bgr", "--target-mean", "0.1", "--size", "224", "--most", "40",
        "--seed", "3",
    ]  # fmt: skip
    assert list(words(Options())) == []


def test_a_target_that_does_not_run_is_read_all_the_same(pair_of):
    paths = pair_of(graph_of(changed(NODES, 9, transB=0)))
    pair, _ = read_pair(paths, Options(inputs=paths[0].parent / "x.npz"))
    assert len(pair.inputs) == len(pair.held_out) == 6 and rows().shape[0] == 6


def test_where_both_sides_are_weights_the_inputs_say_what_they_take(tmp_path):
    torch = pytest.importorskip("torch")
    pytest.importorskip("onnxscript")
    (tmp_path / "model.py").write_text("import torch\ndef build():\n    return torch.nn.Linear(3, 2)\n")
    paths = tmp_path / "one.pt", tmp_path / "two.pt"
    for path in paths:
        torch.save(torch.nn.Linear(3, 2).state_dict(), path)
    build = f"{tmp_path / 'model.py'}:build"
    np.savez(tmp_path / "x.npz", x=np.random.default_rng(0).standard_normal((6, 3)).astype(np.float32))
    asked = Options(inputs=tmp_path / "x.npz", architecture=build, target_architecture=build)
    pair, _ = read_pair(paths, asked)
    assert [each.shape for each in pair.source.graph.inputs] == [(None, 3)]
    with pytest.raises(UsageError, match="with --inputs, or a folder of pictures with --size"):
        read_pair(paths, Options(architecture=build, target_architecture=build))


def test_an_error_names_the_file_that_it_is_about(pair_of):
    source, target = pair_of(graph_of())
    target.write_bytes(b"hello, I am no network" * 9)
    with pytest.raises(BrokenFile) as refused:
        read_pair((source, target), Options())
    assert str(target) in refused.value.where


def test_answers_that_are_not_one_for_each_row_are_left_to_be_computed_again(pair_of, tmp_path):
    # The target puts two rows into one.
    held = {"sizes": np.array([-1, 6])}
    source = graph_of([("Relu", ["x"], ["y"], {})], {}, (None, 3), ("y", (None, 3)))
    target = graph_of([("Reshape", ["x", "sizes"], ["y"], {})], held, (None, 3), ("y", (None, None)))
    paths = pair_of(target, source)
    np.savez(tmp_path / "y.npz", x=np.ones((10, 3), np.float32))
    pair, _ = read_pair(paths, Options(inputs=tmp_path / "y.npz", labels=1))
    one, other = pair.inputs.answered
    assert one["y"].shape == (5, 3) and other is None
