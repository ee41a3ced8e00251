import pytest

from netmend.cli.network_arguments import numbers, share
from netmend.core.errors import UsageError


@pytest.mark.parametrize(
    ("text", "expected"), [("1%", 0.01), ("0.01", 0.01), (" 97.5 % ", 0.975), ("0", 0.0), ("1", 1.0)]
)
def test_a_share_is_written_as_such_or_in_percent(text, expected):
    assert share("--harm", text, "1%") == pytest.approx(expected)


@pytest.mark.parametrize("text", ["101%", "1.5", "-1%", "half", "", "nan"])
def test_what_is_no_share_is_refused_with_an_example(text):
    with pytest.raises(UsageError, match="--harm") as caught:
        share("--harm", text, "1% or 0.01")
    assert caught.value.hint == "write 1% or 0.01"


def test_numbers_are_one_or_one_for_each_channel():
    assert numbers("--mean", "0.5") == (0.5,) and numbers("--mean", "0.5,0.4, 0.3") == (0.5, 0.4, 0.3)
    with pytest.raises(UsageError, match="--mean a,b"):
        numbers("--mean", "a,b")
