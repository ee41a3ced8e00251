import netmend.cli.bench as command


def test_benchmarks_are_listed(cli):
    done = cli("bench")
    assert done.status == 0
    assert {"architecture", "overhead", "weights"} <= set(done.stdout.split())


def test_an_unknown_benchmark_is_told_with_those_that_exist(cli):
    done = cli("bench", "nonsense")
    assert done.status == 2
    assert "architecture" in done.stderr


def test_its_own_arguments_and_status_are_passed_on(cli, monkeypatch):
    asked = []
    monkeypatch.setattr(command.subprocess, "call", lambda words, cwd: asked.append((words[1:], cwd)) or 7)
    done = cli("bench", "weights", "--", "d1", "--again")
    assert (done.status, asked) == (7, [(["-m", "bench.weights", "d1", "--again"], command.CHECKOUT)])


def test_an_installed_package_has_no_benchmarks(cli, monkeypatch, tmp_path):
    monkeypatch.setattr(command, "CHECKOUT", tmp_path)
    done = cli("bench", "smoke")
    assert done.status == 2
    assert "clone" in done.stderr
