import pytest

from netmend.program.elements._base import Element
from netmend.program.places import Place


@pytest.fixture
def element():
    """Makes an element by hand; its line is its number among those made."""
    made = []

    def make(kind, value, **more):
        made.append(kind)
        given = {"framework": "keras", "owner": "Dense 1", "absent": False} | more
        return Element(kind, Place("train.py", len(made), 1), 0, 1, "x", value, **given)

    return make


@pytest.fixture
def ending(element):
    """The elements of a model that ends in an activation and is trained with a loss."""

    def make(activation, loss, units=10, framework="keras"):
        return (
            element("activation", "relu", role="hidden", layer=0, framework=framework),
            element("units", units, role="output", layer=1, framework=framework),
            element("activation", activation, role="output", layer=1, framework=framework),
            element("loss", loss, owner="compile", framework=framework),
        )

    return make
