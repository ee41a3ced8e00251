"""A corpus of training programs: how well are hidden elements restored?

python -m bench.elements fit [CORPUS]          count the training share anew, keep it as neighbours; both are shipped
python -m bench.elements train [CORPUS]        train the encoder, or go on training it; it is shipped
python -m bench.elements mix [CORPUS]          choose how the three are mixed on the validation share
python -m bench.elements restoration [CORPUS]  top-1, top-3 and top-5 by kind on the validation share, and the table
python -m bench.elements faults [CORPUS]       injected faults in the validation share: found and mended how soon
python -m bench.elements test [CORPUS]         both tables once for the test share: only for what is final
python -m bench.elements vocabulary [CORPUS]   what share of written values the vocabularies cover

python -m bench.elements finetune --help       a code model of the hub, with the published settings

And of buggy programs with known fixes (docs/elements-benchmark.md): how well are they repaired?

python -m bench.elements references | programs | ranks | tables [--help]     without a word: the tables

CORPUS is what `netmend corpus build` has written; netmend-out/corpus.jsonl.gz if it is not named.
"""

from __future__ import annotations

import sys
from pathlib import Path

from bench.elements.faults import faults
from bench.elements.fit import fit
from bench.elements.mix import mix
from bench.elements.restoration import restoration
from bench.elements.vocabulary import vocabulary

CORPUS = Path("netmend-out/corpus.jsonl.gz")


def main(words: list[str]) -> None:
    """Do what is asked for."""
    commands = {"fit": fit, "mix": mix, "restoration": restoration, "faults": faults, "vocabulary": vocabulary}
    match words:
        case ["train", *rest]:
            from bench.elements.train import train  # PyTorch is needed for this alone

            train(Path(rest[0]) if rest else CORPUS)
        case ["test", *rest]:
            for command in (restoration, faults):
                command(Path(rest[0]) if rest else CORPUS, "test")
        case [name, *rest] if name in commands:
            commands[name](Path(rest[0]) if rest else CORPUS)
        case ["finetune", *rest]:
            from bench.elements.finetune import main as finetune  # needs transformers

            finetune(rest)
        case [] | ["references" | "programs" | "ranks" | "tables", *_]:
            from bench.elements.benchmark import main as benchmark

            benchmark(words or ["tables"])
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
