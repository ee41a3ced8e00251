"""Options of a weight repair, as they are written and as they are meant."""

from dataclasses import fields
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from netmend.cli.groups import expanded
from netmend.cli.network_arguments import Reading
from netmend.cli.weight_arguments import Arguments, is_network
from netmend.core.errors import UsageError
from netmend.repairs.weights.certify import Level
from netmend.repairs.weights.given import Options, words
from netmend.repairs.weights.reading._base import Images


def test_shares_amounts_and_lists_are_read():
    asked = Arguments(repair_set=Path("a.npz"), harm="1.5%", time_limit="2m", memory_limit=0.5)
    found = asked.options(Reading(mean="0.5,0.4,0.3"), seed=0)
    assert (found.harm, found.seconds, found.memory) == (0.015, 120, 2**29)
    assert found.images.mean == (0.5, 0.4, 0.3) and found.level is Level.DEPLOYED


def test_a_network_is_told_by_its_ending_or_by_the_repair_set():
    assert is_network(Path("model.onnx"), Path("a.npz")) and is_network(Path("folder"), Path("a.npz"))
    assert not is_network(Path("train.py"), None) and not is_network(Path("train"), None)
    with pytest.raises(UsageError, match="nothing is required"):
        is_network(Path("Model.ONNX"), None)


@pytest.mark.parametrize(
    "written",
    [{"precision": "half"}, {"harm": "101%"}, {"harm": "little"}, {"time_limit": "20x"}, {"time_limit": "long"}],
)
def test_what_is_not_understood_is_refused(written):
    with pytest.raises(UsageError):
        Arguments(repair_set=Path("a.npz"), **written).options(Reading(), seed=0)


def test_every_option_of_the_command_line_is_said_again_and_read_back_the_same(tmp_path):
    options = Options(
        tmp_path / "a b.npz",
        reference=tmp_path / "r.npz",
        keep=tmp_path / "k.npz",
        held_out=tmp_path / "h.npz",
        generalisation=tmp_path / "g.npz",
        keep_certificates=(tmp_path / "one", tmp_path / "two"),
        layer="fc0",
        norm="l2",
        method="last-layer",
        margin=0.1234567891,
        level=Level.EXACT,
        harm=0.015,
        seconds=5400.0,
        memory=3 * 2**30,
        architecture="a.py:net",
        seed=7,
        images=Images((0.485, -0.456, 0.5), (0.229, 1.0, 2.0), 32),
    )
    plain = Options(tmp_path / "a b.npz")
    same = [each.name for each in fields(Options) if getattr(options, each.name) == getattr(plain, each.name)]
    assert same == ["repair_set"]  # nothing is left at its default, so that nothing is tested in vain
    seen = []
    app = typer.Typer()

    @app.command()
    @expanded
    def command(*, seed: int = 0, weight: Arguments, reading: Reading) -> None:
        seen.append(weight.options(reading, seed))

    result = CliRunner().invoke(app, list(words(options)))
    assert result.exit_code == 0, result.output
    assert seen == [options]
