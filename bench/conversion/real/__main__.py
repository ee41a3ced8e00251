"""Real conversions: what the converters of today make of small networks, and what netmend says of it.

    python -m bench.conversion real                                          the table, from the committed results
    python -m bench.conversion real build --converter onnx2tf --python PATH  networks that it has not converted yet
    python -m bench.conversion real keep                                     its pairs into the repository
    python -m bench.conversion real run                                      netmend on pairs that have no result yet

`build` needs the converters, in the environment of the interpreter that is named: `docs/networks.md` says which
packages live together. The networks themselves and what is right are made here, in this environment.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench.conversion.real.converters import CONVERTERS


def main(words: Sequence[str]) -> None:
    """See the module's docstring."""
    parser = argparse.ArgumentParser(prog="python -m bench.conversion real")
    parser.add_argument("what", nargs="?", default="tables", choices=("tables", "build", "keep", "run"))
    parser.add_argument("--converter", nargs="+", default=list(CONVERTERS), choices=list(CONVERTERS), metavar="NAME")
    parser.add_argument("--network", nargs="+", default=[], metavar="FAMILY/NAME")
    parser.add_argument("--python", default=sys.executable, help="interpreter with the converters")
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "netmend-real-conversions")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="end before a pair that begins later")
    given = parser.parse_args(words)
    if given.what == "build":
        from bench.conversion.real.build import build, write_sources

        write_sources(given.work)
        build(given.converter, given.work, given.python, given.network)
    elif given.what == "keep":
        from bench.conversion.real.keep import keep

        keep(given.work)
    elif given.what == "run":
        from bench.conversion.real.run import run

        run(given.converter, given.network, given.seconds)
    from bench.conversion.real.tables import publish

    print(publish())


if __name__ == "__main__":
    main(sys.argv[1:])
