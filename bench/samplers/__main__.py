"""Compare a sampler with the package it is named after.

python -m bench.samplers hebo       rows that are not in the table of results yet, then the summary
python -m bench.samplers bohb       the same
python -m bench.samplers replay     trainings that are not in the table of the replayed fault yet
"""

from __future__ import annotations

import importlib
import sys


def main(names: list[str]) -> None:
    """Run the comparisons that are named."""
    if not names:
        sys.exit(__doc__)
    for name in names:
        importlib.import_module(f"bench.samplers.{name}").main()


if __name__ == "__main__":
    main(sys.argv[1:])
