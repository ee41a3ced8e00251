"""References are run once for each program, however many faults share its fix."""

from bench.architecture import references


def test_the_fix_that_mutants_share_is_run_once():
    known = {("R1", "fixed"): {"fault": "R1", "which": "fixed"}, ("R1", "faulty"): {"fault": "R1", "which": "faulty"}}
    assert references._same_program("R2", "core", "keras", "fixed", known) is known["R1", "fixed"]
    assert references._same_program("R2", "core", "keras", "faulty", known) is None
    assert references._same_program("M1", "core", "keras", "fixed", known) is None
