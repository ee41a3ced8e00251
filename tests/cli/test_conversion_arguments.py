from pathlib import Path

import pytest

from netmend.cli import conversion_arguments as conversion
from netmend.cli.network_arguments import Reading
from netmend.core.errors import UsageError


def options(**given):
    pictures = {name: given.pop(name) for name in ("mean", "std", "size") if name in given}
    return conversion.Arguments(**given).options(Reading(**pictures), seed=0)


def test_two_networks_are_a_conversion_and_one_is_not():
    source = Path("a.pt2")
    assert conversion.conversion_of(source, ["b.tflite"], None) == (source, Path("b.tflite"))
    assert conversion.conversion_of(source, None, None) is None
    assert conversion.conversion_of(Path("train.py"), ["b.onnx"], None) is None


@pytest.mark.parametrize("others", [["b.onnx", "c.onnx"], ["--epochs"]])
def test_what_else_stands_beside_a_network_is_refused(others):
    with pytest.raises(UsageError, match="is not understood beside"):
        conversion.conversion_of(Path("a.onnx"), others, None)


def test_a_repair_set_goes_with_one_network():
    with pytest.raises(UsageError, match="about one network"):
        conversion.conversion_of(Path("a.onnx"), ["b.onnx"], Path("x.npz"))


def test_defaults_are_those_of_the_options():
    from netmend.repairs.conversion.given import Options

    assert options() == Options()


def test_options_are_read():
    found = options(
        labels_of="top-5", at_least="97%", tolerance="0.5", match=["x=input_1"], mean="0.5,0.4,0.3", size=224
    )
    assert (found.labels, found.at_least, found.tolerance, found.match) == (5, 0.97, 0.5, (("x", "input_1"),))
    assert found.how.source.mean == (0.5, 0.4, 0.3) and found.how.source.size == 224 and found.how.target is None


def test_the_target_is_prepared_as_the_source_but_for_what_is_said():
    found = options(mean="0.5", std="0.25", target_channels="bgr")
    assert (found.how.target.mean, found.how.target.std, found.how.target.order) == ((0.5,), (0.25,), "bgr")


@pytest.mark.parametrize(
    "given",
    [
        {"labels_of": "best"}, {"labels_of": "top-0"}, {"at_least": "0"}, {"at_least": "101%"}, {"tolerance": "small"},
        {"match": ["x"]}, {"match": ["=y"]}, {"mean": "a,b"}, {"channels": "gbr"}, {"preprocessing": "both"},
        {"quantisation": "half"},
        {"most": 1},
    ],
)  # fmt: skip
def test_what_is_not_understood_is_refused(given):
    with pytest.raises(UsageError):
        options(**given)
