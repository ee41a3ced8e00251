"""The weights of a layer all start with the same value, so that its units stay copies of each other.

What it is:
    Units with equal weights get equal gradients and remain equal for ever: a layer of any width learns what one unit
    can. With zeros behind it, a hidden layer gets no gradient at all.

How it is measured:
    The initialiser of a kernel is zeros, ones or a constant; of layers that are not known one by one only zeros count,
    as normalisations rightly start at one. Severity 0.95 for an inner layer; 0.4 for the output layer, whose units get
    different gradients from the labels.

When it is wrong:
    Zeros are harmless in a model of one layer, which is therefore left out, and are sometimes meant at the end of a
    residual branch.

References:
    Goodfellow, Bengio, Courville, Deep Learning, 2016, section 8.4 (initial weights must break symmetry). NeuraLint
    (Nikanjam et al., TOSEM 2022), constant weight initialisation. Values to try: He et al., ICCV 2015 for ReLU and
    its kin, Glorot, Bengio, AISTATS 2010 otherwise. The severities only order the cases: a convention.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from netmend.program.blame import Blame
from netmend.program.elements._base import Element
from netmend.program.lint._base import Hit, LintRule
from netmend.program.lint._examples import HEALTHY, keras_program, torch_program
from netmend.program.lint._model import name, of_kind, usual_initialisers

CONSTANT = frozenset({"zeros", "ones", "constant"})


def _check(elements: Sequence[Element]) -> Iterable[Hit]:
    inner = any(element.role in ("input", "hidden") for element in elements)
    for element in of_kind(elements, "initialiser"):
        if name(element) not in CONSTANT or not inner or (not element.role and element.value != "zeros"):
            continue
        yield Hit(
            element,
            f"The weights of {element.owner} all start equal: {element.value}.",
            severity=0.4 if element.role == "output" else 0.95,
            blames=(
                Blame("initialiser", 0.95, element.role or None, element.layer, usual_initialisers(element, elements)),
            ),
        )


_OUTPUT = 'Dense(10, activation="softmax")'

rule = LintRule(
    check=_check,
    fires_on=(
        keras_program('Dense(32, activation="relu", kernel_initializer="zeros")', _OUTPUT),
        keras_program('Dense(32, activation="relu", kernel_initializer=keras.initializers.Ones())', _OUTPUT),
        keras_program('Dense(32, activation="relu", kernel_initializer=keras.initializers.Constant(0.1))', _OUTPUT),
        torch_program().replace("criterion", "nn.init.zeros_(model[0].weight)\ncriterion", 1),
        torch_program().replace("criterion", "nn.init.constant_(model[0].weight, 0.5)\ncriterion", 1),
    ),
    silent_on=(
        *HEALTHY,
        keras_program(
            'Dense(32, activation="relu", kernel_initializer="he_normal", bias_initializer="zeros")', _OUTPUT
        ),
        keras_program('Dense(10, activation="softmax", kernel_initializer="zeros")'),
        torch_program().replace("criterion", "nn.init.zeros_(model[0].bias)\ncriterion", 1),
    ),
)
