"""Runs that several studies of one program ask for, made once.

A run is fixed by patch, seed and settings, so techniques that are compared on the same fault and repeat may share its
result. Each still pays for it: a run answered from the journal counts with the seconds it took when it was made.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from netmend.core.ledger import Ledger


class SharedRuns:
    """A folder of finished runs, lent to new studies and taken back from finished ones."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def lend(self, study: Path) -> None:
        """Give all runs known so far to a study that has not begun."""
        if self.folder.is_dir():
            _copy_runs(self.folder, study)

    def take_back(self, study: Path) -> None:
        """Keep the runs that a study has made."""
        _copy_runs(study, self.folder)


def _copy_runs(source: Path, target: Path) -> None:
    with Ledger(source) as giver, Ledger(target) as taker:
        known = {record.data["key"] for record in taker.of_kind("run")}
        for record in list(giver.of_kind("run")):
            if record.data["key"] in known:
                continue
            known.add(record.data["key"])
            results = source / record.data["result"]
            if results.is_dir():  # hard links: results are never written again
                copy = target / record.data["result"]
                shutil.rmtree(copy, ignore_errors=True)
                shutil.copytree(results, copy, copy_function=os.link)
                taker.append("run", {**record.data, "wall": 0.0})
