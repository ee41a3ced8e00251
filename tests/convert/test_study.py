"""Converters are tried in turn, and where all fail the source is spelled otherwise, with proof."""

import numpy as np
import pytest

from netmend.convert import study
from netmend.convert.converters._base import Asked, ConversionFailed, Converter, needed
from netmend.core.errors import EnvironmentFault, UsageError
from netmend.network.load import load

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
pytest.importorskip("torch")
pytestmark = pytest.mark.torch


@pytest.fixture
def source(tmp_path):
    helper = onnx.helper
    graph = helper.make_graph(
        [helper.make_node("Gelu", ["x"], ["a"]), helper.make_node("Softmax", ["a"], ["y"])],
        "net",
        [helper.make_tensor_value_info("x", 1, [None, 4])],
        [helper.make_tensor_value_info("y", 1, [None, 4])],
    )
    path = tmp_path / "net.onnx"
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    path.write_bytes(model.SerializeToString())
    return path


def without(op):
    """A converter that copies files without an operator."""

    def convert(asked):
        if any(node.op == op for node in asked.network.graph.nodes):
            raise ConversionFailed(f"{op} is not known")
        asked.target.write_bytes(asked.network.path.read_bytes())

    return convert


def absent(asked):
    raise EnvironmentFault("not installed", hint="pip install it")


def use(monkeypatch, **converters):
    known = {name: Converter("onnx", ".copy", rank, each) for rank, (name, each) in enumerate(converters.items())}
    monkeypatch.setattr(study, "converters", lambda takes, makes: known)


def asked(source):
    return Asked(source, load(source), source.parent / "net.copy")


def test_the_first_that_converts_is_taken(monkeypatch, source):
    use(monkeypatch, one=absent, two=without("Gelu"), three=without("Conv"))
    found = study.convert(asked(source))
    assert (found.converter, found.rewrites, found.failed) == ("three", (), ("two: Gelu is not known",))
    assert (source.parent / "net.copy").read_bytes() == source.read_bytes()


def test_a_source_that_no_converter_takes_is_spelled_otherwise(monkeypatch, source):
    use(monkeypatch, two=without("Gelu"))
    told = []
    found = study.convert(asked(source), tell=told.append)
    assert found.rewrites == ("GELU written with elementary functions",)
    (source.parent / "net.copy").rename(source.parent / "new.onnx")
    x = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
    np.testing.assert_allclose(load(source.parent / "new.onnx").run(x), load(source).run(x), atol=1e-6)
    assert told[0] == "two" and any("rewriting" in each for each in told)


def test_a_rewrite_that_is_not_equal_is_not_used(monkeypatch, source):
    from netmend.convert.rewrites._base import Rewrite, by_edits
    from netmend.core.discover import Contribution
    from netmend.network.edits import ReplaceNodes
    from netmend.network.graph import Node

    wrong = Rewrite("wrong", by_edits(lambda graph: [ReplaceNodes(("a",), (Node("a", "Relu", ("x",), ("a",)),))]))
    monkeypatch.setattr(study, "contributions", lambda *_: {"wrong": Contribution("wrong", wrong, study)})
    use(monkeypatch, two=without("Gelu"))
    with pytest.raises(ConversionFailed, match=r"Gelu is not known"):
        study.convert(asked(source))
    assert not (source.parent / "net.copy").exists()


def test_what_is_missing_is_named_where_nothing_is_installed(monkeypatch, source):
    use(monkeypatch, one=absent)
    with pytest.raises(EnvironmentFault, match="not installed"):
        study.convert(asked(source))


def test_formats_that_nothing_joins_and_unknown_names_are_refused(source):
    with pytest.raises(UsageError, match=r"onnx to \.tflite"):
        study.converters("onnx", ".keras")
    with pytest.raises(UsageError, match="known are onnx2tf"):
        study.convert(Asked(source, load(source), source.parent / "net.tflite"), only="tf2onnx")
    assert list(study.converters("torch", ".ONNX")) == ["torch-onnx", "torch-onnx-traced"]


def test_two_steps_are_named_where_one_does_not_exist():
    with pytest.raises(UsageError) as told:
        study.converters("torch", ".tflite")
    assert told.value.hint.startswith("convert it to .onnx first, and that to .tflite; there are ")
    with pytest.raises(UsageError) as told:
        study.converters("onnx", ".keras")
    assert told.value.hint.startswith("there are ")


def test_a_result_without_an_ending_is_said_to_have_none():
    with pytest.raises(UsageError, match="from onnx to a file without an ending"):
        study.converters("onnx", "")


def test_what_a_converter_needs_is_named_by_its_extra_where_there_is_one(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    for name, said in (("torch", '"netmend[torch]"'), ("onnx2torch", "pip install onnx2torch")):
        with pytest.raises(EnvironmentFault) as missing:
            needed(name)
        assert said in missing.value.hint
