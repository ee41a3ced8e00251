"""A learned localiser: does it rank the element at fault better?

python -m bench.localiser collect [FOLDER]   train mutants that are not in traces.csv yet (runs lie in FOLDER)
python -m bench.localiser evaluate           with and without the model, each program held out in turn
python -m bench.localiser train              make the model that is shipped with the package
python -m bench.localiser search [FOLDER]    trials that auto needs for mutants that are not in search.csv yet
"""

from __future__ import annotations

import sys
from pathlib import Path

from bench.localiser.collect import collect
from bench.localiser.evaluate import evaluate
from bench.localiser.search import search
from bench.localiser.train import train

FOLDER = Path("netmend-out/localiser")


def main(words: list[str]) -> None:
    """Do what is asked for."""
    match words:
        case ["collect", *folder]:
            collect(Path(folder[0]) if folder else FOLDER)
        case ["evaluate"]:
            evaluate()
        case ["train"]:
            train()
        case ["search", *folder]:
            search(Path(folder[0]) if folder else FOLDER / "search")
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
