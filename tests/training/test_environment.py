from netmend.training.environment import ALWAYS, ONE_THREAD_XLA, TAG, run_environment


def test_a_run_gets_the_users_variables_and_those_of_the_program(monkeypatch):
    monkeypatch.setenv("OF_THE_USER", "a")
    monkeypatch.setenv("OF_BOTH", "a")
    made = run_environment({"OF_BOTH": "b"}, "t")
    assert (made["OF_THE_USER"], made["OF_BOTH"], made[TAG]) == ("a", "b", "t")


def test_what_every_run_gets_cannot_be_overruled(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "8")
    made = run_environment({"MKL_NUM_THREADS": "8", "MPLBACKEND": "TkAgg"}, "t")
    assert {name: made[name] for name in ALWAYS} == dict(ALWAYS)


def test_flags_for_xla_are_added_to_the_users_own(monkeypatch):
    monkeypatch.delenv("XLA_FLAGS", raising=False)
    assert run_environment({}, "t")["XLA_FLAGS"] == ONE_THREAD_XLA
    monkeypatch.setenv("XLA_FLAGS", "--own")
    assert run_environment({}, "t")["XLA_FLAGS"] == f"--own {ONE_THREAD_XLA}"
