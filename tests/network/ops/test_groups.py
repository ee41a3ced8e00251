"""Convolutions in groups use one thread, and leave the number of threads as it was."""

import pytest

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch


@pytest.mark.parametrize(("groups", "inside"), [(1, 3), (8, 1)])
def test_groups_are_taken_by_one_thread(groups, inside):
    from netmend.network.ops.convolution import taking_groups

    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        with pytest.raises(RuntimeError), taking_groups(groups):
            assert torch.get_num_threads() == inside
            raise RuntimeError
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)
