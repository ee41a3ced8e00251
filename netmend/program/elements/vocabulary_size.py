"""How many different numbers an embedding takes: num_embeddings in PyTorch, input_dim in Keras.

An embedding has a row for each of 0, 1, ..., size - 1. One row too few is usual where words are counted from 1, as
Keras's `TextVectorization` and tokenizers do, and 0 fills up short texts. Where the size is computed, as by
`len(words)`, its value is not known, and a change is written as what is added: "+1".

References:
    PyTorch reference, torch.nn.Embedding, num_embeddings: "size of the dictionary of embeddings". Keras reference,
    layers.Embedding, input_dim: "Size of the vocabulary, i.e. maximum integer index + 1".
"""

from __future__ import annotations

from netmend.program.blame import Value
from netmend.program.elements._base import Element, ElementKind
from netmend.program.elements._find import change, finder


def _values(element: Element) -> tuple[Value, ...]:
    return ()  # nothing but the data tells which


kind = ElementKind(find=finder("vocabulary-size"), values=_values, change=change)
