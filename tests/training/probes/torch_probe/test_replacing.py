"""Functions that tell what they are given, and are put back."""

import types

from netmend.training.probes.torch_probe.replacing import Replaced


def test_a_function_tells_what_it_gave_and_may_give_something_else():
    owner, told, functions = types.SimpleNamespace(add=lambda a, b=1: a + b), [], Replaced()
    functions.replace(owner, "add", lambda *given: told.append(given))
    assert owner.add(2, b=3) == 5 and told == [(5, (2,), {"b": 3})]
    functions.replace(owner, "add", lambda value, args, kwargs: -value)
    assert owner.add(2) == -3
    assert functions.holds(owner) and not functions.holds(types)


def test_what_was_replaced_is_put_back_as_it_was_inherited_or_not():
    class Above:
        def own(self):
            return "own"

    class Below(Above):
        pass

    before, functions = dict(vars(Above)), Replaced()
    for owner in (Below, Above, Below):
        functions.replace(owner, "own", lambda *given: "other")
    assert Below().own() == Above().own() == "other"
    functions.put_back()
    assert "own" not in vars(Below) and dict(vars(Above)) == before
