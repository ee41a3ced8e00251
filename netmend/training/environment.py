"""The environment variables every run gets: the program as the user wrote it, and each of its patched copies."""

from __future__ import annotations

import os
from collections.abc import Mapping

THREADS: Mapping[str, str] = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
}
"""One thread for each run. Two runs at once, each with the libraries' default of one thread per core, took 1.6 times
(convolutions) to 13 times (small dense layers) longer on two cores than with one thread each (own measurement)."""

ALWAYS: Mapping[str, str] = {
    **THREADS,
    "PYTHONHASHSEED": "0",  # order of sets is part of a run's randomness
    "MPLBACKEND": "Agg",  # no window, and `plt.show()` does not wait
}

ONE_THREAD_XLA = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
"""XLA has no variable of its own for this; the flags are those its documentation and users name."""

TAG = "NETMEND_RUN"
"""Variable by which a process left behind can be told to be ours, even if nothing else is known of it."""


def run_environment(extra: Mapping[str, str], tag: str) -> dict[str, str]:
    """The variables of one run: the user's own, those given, and those every run gets, later ones winning.

    Args:
        extra: set for this program. tag: value of `TAG`.
    """
    environment = {**os.environ, **extra, **ALWAYS, TAG: tag}
    environment["XLA_FLAGS"] = " ".join([environment.get("XLA_FLAGS", ""), ONE_THREAD_XLA]).strip()
    return environment
