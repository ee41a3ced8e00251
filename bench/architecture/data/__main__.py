"""Prepare every data set of the core tier and say what each is: `python -m bench.architecture.data`."""

from __future__ import annotations

import numpy as np

from bench.architecture.data.prepare import STAND_INS, prepare


def main() -> None:
    """Prepare what is missing and print one line for each data set."""
    for name in STAND_INS:
        path = prepare(name)
        with np.load(path) as file:
            print(f"{name:10} {path.stat().st_size / 2**20:6.1f} MiB  {file['source']}")


if __name__ == "__main__":
    main()
