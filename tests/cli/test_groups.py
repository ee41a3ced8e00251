from dataclasses import dataclass
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from netmend.cli.groups import expanded


@dataclass(frozen=True, kw_only=True)
class Colours:
    ink: Annotated[str, typer.Option(help="Of the text.")] = "black"
    paper: Annotated[list[str] | None, typer.Option(help="May be repeated.")] = None


@expanded
def command(name: str, *, copies: int = 1, colours: Colours) -> None:
    """Print something."""
    typer.echo(f"{name} {copies} {colours}")


def run(*words):
    app = typer.Typer()
    app.command()(command)
    return CliRunner().invoke(app, words)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("page",), f"page 1 {Colours()}"),
        (("page", "--ink", "red", "--copies", "2"), f"page 2 {Colours(ink='red')}"),
        (("page", "--paper", "a", "--paper", "b"), f"page 1 {Colours(paper=['a', 'b'])}"),
    ],
)
def test_a_group_is_given_as_single_options(words, expected):
    assert run(*words).output.strip() == expected


def test_the_help_shows_the_options_of_a_group_and_not_the_group():
    shown = run("--help").output
    assert "Of the text." in shown and "Print something." in shown and "colours" not in shown


def test_an_option_of_no_group_is_refused():
    assert run("page", "--pen", "red").exit_code == 2
