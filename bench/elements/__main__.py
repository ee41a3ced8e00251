"""A corpus of training programs: how well are hidden elements restored?

python -m bench.elements fit [CORPUS]          count the training share anew; the counts come with the package
python -m bench.elements restoration [CORPUS]  top-1, top-3 and top-5 by kind on the validation share, and the table
python -m bench.elements vocabulary [CORPUS]   what share of written values the vocabularies cover

python -m bench.elements finetune --help       a code model of the hub, with the published settings

And of buggy programs with known fixes (docs/elements-benchmark.md): how well are they repaired?

python -m bench.elements references | programs | ranks | tables [--help]

CORPUS is what `netmend corpus build` has written; netmend-out/corpus.jsonl.gz if it is not named.
"""

from __future__ import annotations

import sys
from pathlib import Path

from bench.elements.fit import fit
from bench.elements.restoration import restoration
from bench.elements.vocabulary import vocabulary

CORPUS = Path("netmend-out/corpus.jsonl.gz")


def main(words: list[str]) -> None:
    """Do what is asked for."""
    match words:
        case ["fit", *corpus]:
            fit(Path(corpus[0]) if corpus else CORPUS)
        case ["restoration", *corpus]:
            restoration(Path(corpus[0]) if corpus else CORPUS)
        case ["vocabulary", *corpus]:
            vocabulary(Path(corpus[0]) if corpus else CORPUS)
        case ["finetune", *rest]:
            from bench.elements.finetune import main as finetune  # needs transformers

            finetune(rest)
        case ["references" | "programs" | "ranks" | "tables", *_]:
            from bench.elements.benchmark import main as benchmark

            benchmark(words)
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
