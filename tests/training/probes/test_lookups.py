import pytest

from netmend.training.probes.lookups import failed_lookup

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.torch


def died(call):
    with pytest.raises(Exception) as found:
        call()
    return found.value


@pytest.mark.parametrize(("numbers", "row"), [([1, 5, 3], 5), ([0, 9, 5], 9), ([2, -1, 7], -1)])
def test_the_greatest_number_is_told_or_the_least_if_it_is_below_zero(numbers, row):
    layer = torch.nn.Embedding(5, 2)
    error = died(lambda: layer(torch.tensor([numbers])))
    assert failed_lookup(error) == f"an embedding of 5 rows was asked for row {row}"


def test_a_bag_of_words_is_an_embedding():
    layer = torch.nn.EmbeddingBag(5, 2)
    assert failed_lookup(died(lambda: layer(torch.tensor([[1, 6]])))).endswith("row 6")


def test_an_error_that_was_raised_again_by_a_library_is_looked_behind():
    layer = torch.nn.Embedding(5, 2)

    def call():
        try:
            layer(torch.tensor([8]))
        except IndexError:
            raise IndexError("in the layer") from None

    assert failed_lookup(died(call)).endswith("row 8")


def test_nothing_is_told_of_other_errors():
    assert failed_lookup(died(lambda: [][3])) == ""
    assert failed_lookup(died(lambda: torch.nn.Embedding(5, 2)(torch.tensor([0.5])))) == ""
