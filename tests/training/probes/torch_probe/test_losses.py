"""Losses that are called and losses that are written out."""

import pytest

from netmend.training.probes.torch_probe.losses import LossCall, written_loss

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch


@pytest.mark.parametrize(
    ("loss", "name"),
    [
        (lambda a, b: ((a - b) ** 2).mean(), "mean_squared_error"),
        (lambda a, b: (a - b).pow(2).sum() / len(a), "mean_squared_error"),
        (lambda a, b: (lambda d: (d * d).mean())(a - b), "mean_squared_error"),
        (lambda a, b: (a - b).abs().mean(), "mean_absolute_error"),
        (lambda a, b: -(b * torch.log(a.sigmoid())).mean(), ""),
    ],
)
def test_losses_that_are_written_out_are_recognised(loss, name):
    a = torch.randn(5, requires_grad=True)
    assert written_loss(loss(a, torch.ones(5)).grad_fn) == name


def test_labels_in_one_line_are_put_beside_pictures_and_numbers():
    pixels = torch.arange(2 * 4 * 4).view(2, 4, 4)
    given, picture = ((torch.zeros(2, 1, 4, 4),), {}), torch.zeros(2, 3, 4, 4)
    flat = picture.permute(0, 2, 3, 1).reshape(-1, 3)
    call = LossCall("cross_entropy", torch.tensor(0.0), flat, pixels.view(-1), None)
    assert call.labels(given, picture.shape, False).tolist() == pixels.tolist()
    call = LossCall("mse_loss", torch.tensor(0.0), torch.zeros(32), pixels.view(-1), None)
    assert call.labels(given, (2, 4, 4), False).tolist() == pixels.tolist()
    one = LossCall("mse_loss", torch.tensor(0.0), torch.zeros(2, 1), torch.ones(2, 1), None)
    assert one.labels(given, (2, 1), False).tolist() == [[1], [1]]
