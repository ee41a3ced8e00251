import io

import pytest
from rich.console import Console

from netmend.cli.progress import Progress
from netmend.core.records import Draw, Outcome, Purpose, Trial, Verdict
from netmend.core.repairer import Proposal
from netmend.program.edits import Change, SourcePatch
from netmend.program.places import Edit, Place
from netmend.program.source import Program

PROGRAM = Program.from_text("rate = 10\n")


def patch(value):
    edit = Edit(PROGRAM.main.name, 7, 9, str(value))
    change = Change("learning-rate", Place(PROGRAM.main.name, 1, 8), "SGD", "10", str(value), (edit,))
    return SourcePatch(PROGRAM).with_change(change)


def trial(number, value, outcome):
    verdict = Verdict(outcome, "accuracy 0.1 -> 0.9 [bold]", score=0.9)
    return Trial(number, patch(value), Draw(Purpose.SCREEN, (1, 2, 3)), None, verdict, "lower-learning-rate", 1.0)


def tell(progress):
    """What the loop and the repair say in a search of two trials."""
    watch = progress.watcher
    watch.phase("searching")
    watch.trying(Proposal(patch(1), 3, reason="lower-learning-rate"), "20 runs")
    progress.noticed(None)
    progress.noticed(None)
    first = trial(1, 1, Outcome.IMPROVED)
    watch.tried(first, first)
    watch.tried(trial(2, 2, Outcome.NO_EFFECT), first)


def console(width=80, terminal=False, **more):
    return Console(file=io.StringIO(), width=width, force_terminal=terminal, highlight=False, **more)


def test_a_pipe_gets_one_plain_line_for_each_event():
    out = console(width=30)
    with Progress(out) as progress:
        tell(progress)
    lines = out.file.getvalue().splitlines()
    assert [line[6:] for line in lines] == [
        "searching",
        "20 runs left; trying learning-rate of SGD: 10 -> 1 (lower-learning-rate)",
        "  1. learning-rate of SGD: 10 -> 1: improved, accuracy 0.1 -> 0.9 [bold]",
        "  2. learning-rate of SGD: 10 -> 2: no-effect, accuracy 0.1 -> 0.9 [bold]",
    ]
    assert "\x1b" not in out.file.getvalue()


def test_a_terminal_shows_what_is_tried_how_far_it_is_and_the_best():
    progress = Progress(console(width=200, terminal=True))
    shown = []
    with progress:
        progress._status.update = shown.append
        tell(progress)
    assert shown[-1].endswith("2 runs done; best so far: learning-rate of SGD: 10 -> 1")
    assert any("20 runs left; trying learning-rate of SGD: 10 -> 1 (lower-learning-rate)" in text for text in shown)


@pytest.mark.parametrize("width", [12, 20, 40])
def test_the_bottom_line_fits_a_narrow_terminal(width):
    progress = Progress(console(width=width, terminal=True))
    shown = []
    with progress:
        progress._status.update = shown.append
        tell(progress)
    assert max(len(text.replace("\\", "")) for text in shown) <= width - 4


def test_what_did_not_help_is_no_best_so_far():
    progress = Progress(console(terminal=True))
    shown = []
    with progress:
        progress._status.update = shown.append
        worse = trial(1, 1, Outcome.NO_EFFECT)
        progress.watcher.tried(worse, worse)
    assert "best so far" not in shown[-1]


def test_a_run_that_ends_after_the_end_of_progress_is_no_error():
    progress = Progress(console(terminal=True))
    with progress:
        pass
    progress.noticed(None)


def test_progress_goes_to_standard_error(capsys):
    Progress().say("watching [5] runs")
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == " 0:00 watching [5] runs\n"
