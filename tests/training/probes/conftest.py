"""Programs that are run as netmend runs them, without paying for each of them that torch is imported."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from netmend.training.probes import launch

# Imports torch once and forks for every program, so that a program costs its training only.
TEMPLATE = """
import json, os, random, runpy, sys
import numpy, torch
torch.set_num_threads(1)
sys.path.insert(0, sys.argv[2])
import launch
for job in json.load(open(sys.argv[1])):
    child = os.fork()
    if not child:
        out = os.open(job["result"] + "/output.txt", os.O_WRONLY | os.O_CREAT)
        os.dup2(out, 1), os.dup2(out, 2)
        if job["watched"]:
            launch.run(job)
        else:
            for seed in (random.seed, numpy.random.seed, torch.manual_seed):
                seed(job["seed"])
            runpy.run_path(job["folder"] + "/train.py", run_name="__main__")
        sys.stdout.flush()
        os._exit(0)
    os.waitpid(child, 0)
"""


@pytest.fixture(scope="session")
def forked():
    """Runs jobs, by name, one after the other; the folder of each with what it printed and reported."""

    def run(jobs, home):
        (home / "jobs.json").write_text(json.dumps(list(jobs.values())))
        command = [sys.executable, "-c", TEMPLATE, str(home / "jobs.json"), str(Path(launch.__file__).parent)]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=250)
        assert ended.returncode == 0, ended.stderr
        return {name: Path(job["folder"]) for name, job in jobs.items()}

    return run
