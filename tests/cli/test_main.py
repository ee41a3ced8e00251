import errno
import os
import signal
import subprocess
import sys
import time

import pytest

import netmend
from netmend.cli import main as cli_main
from netmend.cli.main import INTERNAL_ERROR, INTERRUPTED, SAME_INTERRUPTION
from netmend.core.errors import EnvironmentFault

COMMANDS = ("diagnose", "repair", "mutate", "explain", "show")


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("columns", ["40", "80", "200"])
def test_every_command_has_help_with_an_example(cli, monkeypatch, command, columns):
    monkeypatch.setenv("COLUMNS", columns)
    done = cli(command, "--help")
    assert (done.status, done.stderr) == (0, "")
    assert f"Example: netmend {command}" in " ".join(done.stdout.split())


def test_without_a_command_all_are_listed_with_an_example(cli):
    done = cli()
    printed = done.stdout + done.stderr
    assert all(f" {command} " in printed for command in COMMANDS)
    assert "Example: netmend repair" in printed


def test_the_version_is_that_of_the_package(cli):
    assert cli("--version").stdout == f"netmend {netmend.__version__}\n"


def test_an_unknown_command_is_wrong_use(cli):
    done = cli("mend", "train.py")
    assert done.status == 2
    assert "mend" in done.stderr and "--help" in done.stderr


def fail_with(monkeypatch, error):
    def fail():
        raise error

    monkeypatch.setattr(cli_main, "app", fail)


def test_an_error_is_what_happened_where_and_what_to_do(cli, monkeypatch):
    fail_with(monkeypatch, EnvironmentFault("the disk is [full]", where="/data", hint="free some space"))
    done = cli("repair")
    assert done.status == 4
    assert done.stderr == "netmend: the disk is [full]\n  /data\n  free some space\n"
    assert done.stdout == ""


def test_a_long_error_is_not_broken_into_lines(cli, monkeypatch):
    monkeypatch.setenv("COLUMNS", "30")
    fail_with(monkeypatch, EnvironmentFault("x" * 100, hint="y" * 100))
    assert cli("repair").stderr == f"netmend: {'x' * 100}\n  {'y' * 100}\n"


@pytest.mark.parametrize("error", [EnvironmentFault("no space"), ZeroDivisionError("oh")])
def test_a_traceback_is_printed_only_on_request(cli, monkeypatch, error):
    fail_with(monkeypatch, error)
    assert "Traceback" not in cli("repair", "train.py").stderr
    assert "Traceback" not in cli("repair", "train.py", "--", "--debug").stderr
    assert "Traceback" in cli("repair", "train.py", "--debug").stderr


def test_a_full_disk_is_no_bug(cli, monkeypatch):
    fail_with(monkeypatch, OSError(errno.ENOSPC, "No space left on device", "/data/file"))
    done = cli("repair")
    assert done.status == 4
    assert done.stderr.startswith("netmend: the disk is full\n  /data/file\n")


def test_a_bug_of_our_own_is_called_that(cli, monkeypatch):
    fail_with(monkeypatch, ZeroDivisionError("oh"))
    done = cli("repair")
    assert done.status == INTERNAL_ERROR
    assert "a bug in netmend itself: ZeroDivisionError: oh" in done.stderr
    assert "--debug" in done.stderr


WAITS = """
import signal, sys, time
from netmend.cli.main import end_in_order_on_signals
end_in_order_on_signals()
try:
    print("ready", flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    print("in order", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def waiting():
    process = subprocess.Popen([sys.executable, "-c", WAITS], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    yield process
    process.kill()
    process.wait()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_first_signal_interrupts_and_a_second_one_ends_at_once(waiting, number):
    waiting.send_signal(number)
    assert waiting.stdout.readline() == "in order\n"
    time.sleep(2 * SAME_INTERRUPTION)
    waiting.send_signal(number)
    assert waiting.wait(5) == INTERRUPTED


def test_a_signal_that_comes_twice_at_once_is_one(waiting):
    waiting.send_signal(signal.SIGHUP)
    assert waiting.stdout.readline() == "in order\n"
    waiting.send_signal(signal.SIGTERM)
    with pytest.raises(subprocess.TimeoutExpired):
        waiting.wait(2 * SAME_INTERRUPTION)


def test_an_ignored_signal_stays_ignored():
    code = (
        "import signal\nfrom netmend.cli.main import end_in_order_on_signals\n"
        "signal.signal(signal.SIGHUP, signal.SIG_IGN)\nend_in_order_on_signals()\n"
        "assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env=dict(os.environ))
