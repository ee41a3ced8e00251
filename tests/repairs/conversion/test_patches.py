import numpy as np
import pytest

from netmend.network.edits import ReplaceNodes, SetAttribute, SetConstant, SetInput
from netmend.network.graph import Node
from netmend.network.load import load
from netmend.repairs.conversion.patches import ConversionPatch, Mend, told
from tests.repairs.conversion.networks import graph_of, write

ONE = Mend("padding", "it is padded wrongly", "Conv 0", (SetAttribute("c0", "pads", [0, 0, 2, 2]),))
TWO = Mend("epsilon", "another epsilon", "BatchNormalization 4", (SetAttribute("n1", "epsilon", 1e-3),))


def patch(*mends):
    return ConversionPatch(None, mends)


def test_the_same_edits_have_the_same_id_and_others_another():
    assert patch(ONE, TWO).id == patch(ONE, TWO).id != patch(ONE).id
    assert patch().id == "nothing"
    values = [Mend("w", "", "c0", (SetConstant("w0", np.full(3, value)),)) for value in (0.0, 1.0)]
    assert patch(values[0]).id != patch(values[1]).id


def test_smaller_patches_have_one_mend_less_each():
    assert [[mend.fault for mend in each.mends] for each in patch(ONE, TWO).smaller()] == [["padding"], ["epsilon"]]
    assert patch(ONE, TWO).size == 2 and list(patch().smaller()) == []


def test_a_patch_says_what_it_mends_and_where():
    assert patch(ONE, TWO).describe() == "padding at Conv 0; epsilon at BatchNormalization 4"
    assert patch().describe() == "nothing changed"


def test_a_patch_is_written_in_the_format_of_the_target_and_not_over_it(tmp_path):
    file = write(tmp_path / "n.onnx", graph_of())
    before = file.read_bytes()
    (tmp_path / "out").mkdir()
    ConversionPatch(load(file), (ONE,)).write(tmp_path / "out")
    written = load(tmp_path / "out" / "repaired.onnx")
    assert list(written.graph.nodes[0].attributes["pads"]) == [0, 0, 2, 2]
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (SetAttribute("c0", "pads", [0, 0, 2, 2]), "Conv 0 (Conv): pads [1, 1, 1, 1] becomes [0, 0, 2, 2]"),
        (
            SetAttribute("n1", "epsilon", None),
            "BatchNormalization 4 (BatchNormalization): epsilon 1e-05 becomes (default)",
        ),
        (SetConstant("b0", np.zeros(4, np.float32)), "constant b0: 4 of 4 numbers change, -2.25 to 0.386 becomes 0"),
        (SetConstant("b0", np.zeros(5, np.float32)), "constant b0: 5 numbers of shape (5,)"),
        (SetInput("a1", 1, "r0"), "Add 6 (Add): input 1 becomes r0"),
        (ReplaceNodes(("r0",), (Node("n", "Tanh", ("c0",), ("r0",)),)), "n (Tanh) changes"),
        (ReplaceNodes((), (Node("n", "Tanh", ("c0",), ("q",)),)), "n (Tanh) is put in"),
    ],
)
def test_an_edit_is_told_in_words(edit, said):
    assert list(told(graph_of(), edit)) == [said]
