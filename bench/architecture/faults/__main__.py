"""The faults from the command line.

python -m bench.architecture.faults                              the catalogue as a table
python -m bench.architecture.faults R1 --write FOLDER            the programs of one fault, faulty and fixed
python -m bench.architecture.faults --measure                    train what measured.csv lacks
python -m bench.architecture.faults C1 U2 --measure --again      these once more
"""

from __future__ import annotations

import argparse
from pathlib import Path

from bench.architecture.faults import FAULTS, Fault, Framework, materialise
from bench.architecture.faults.measure import measure


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(description="The faults of the architecture benchmark.")
    parser.add_argument("faults", nargs="*", type=str.upper, help="ids; all if none")
    parser.add_argument("--tier", choices=("smoke", "core", "full"), default="core")
    parser.add_argument("--framework", choices=("keras", "torch"), help="only this one")
    parser.add_argument("--write", type=Path, metavar="FOLDER", help="write programs to FOLDER/ID-FRAMEWORK-WHICH")
    parser.add_argument("--measure", action="store_true", help="train programs and add rows to measured.csv")
    parser.add_argument("--again", action="store_true", help="also those that have a row")
    given = parser.parse_args()
    unknown = [name for name in given.faults if name not in FAULTS]
    if unknown:
        parser.error(f"no fault {', '.join(unknown)}; there are {', '.join(FAULTS)}")
    frameworks: tuple[Framework, ...] = (given.framework,) if given.framework else ("keras", "torch")
    if given.measure:
        measure(given.tier, frameworks, given.faults, again=given.again)
        return
    for fault in FAULTS.values():
        if given.faults and fault.id not in given.faults:
            continue
        if given.write is None:
            print(_line(fault))
            continue
        for framework in frameworks:
            if (framework, given.tier) in fault.variants:
                for which in ("faulty", "fixed"):
                    folder = given.write / f"{fault.id}-{framework}-{which}"
                    print(materialise(fault.id, given.tier, framework, which, folder))


def _line(fault: Fault) -> str:
    published = fault.published
    figures = "" if published.faulty is None else f"{published.faulty:g} -> {published.fixed:g}"
    flag = "" if fault.sensible else "left out of means"
    return f"{fault.id:4} {'/'.join(fault.frameworks):12} {fault.metric:19} {figures:16} {fault.what}  {flag}".rstrip()


if __name__ == "__main__":
    main()
