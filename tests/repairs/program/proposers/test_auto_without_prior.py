from dataclasses import replace

from netmend.repairs.program.proposers import auto, auto_without_prior


def test_it_is_auto_but_for_the_prior():
    assert auto.KIND.prior and not auto_without_prior.KIND.prior
    assert replace(auto_without_prior.KIND, prior=True) == auto.KIND
