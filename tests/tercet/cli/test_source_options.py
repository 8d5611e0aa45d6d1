"""Options that one source has and others do not."""

from dataclasses import dataclass, field
from typing import Any

import click
import pytest
from click.testing import CliRunner

from harvesters.base import Option
from harvesters.carbon_mapper import CarbonMapper
from tercet.cli.source_options import chosen, source_options
from tercet.errors import ConfigError


def number(written: str) -> int:
    try:
        return int(written)
    except ValueError as error:
        raise ConfigError(f"{written!r} is no number: write 832") from error


@dataclass(frozen=True)
class Named(CarbonMapper):
    """A source with options."""

    known: dict[str, Option] = field(default_factory=dict)

    @property
    def options(self) -> dict[str, Option]:
        return self.known


TRACK = Option("The track.", number, "N", multiple=True)
SOURCES = {
    "a": Named(name="a", known={"track": TRACK, "verify-assets": Option("Ask.", narrows=True)}),
    "b": Named(name="b", known={"since-orbit": Option("The orbit.", number, "N")}),
}


def called(*words: str) -> tuple[int, str, list[dict[str, Any]]]:
    given: list[dict[str, Any]] = []

    @click.command()
    @click.argument("source")
    @source_options(SOURCES)
    def command(source: str, **rest: Any) -> None:
        given.append(chosen(SOURCES[source], SOURCES, rest))

    done = CliRunner().invoke(command, list(words))
    return done.exit_code, done.output, given


def test_values_are_parsed_and_what_was_not_given_is_not_there() -> None:
    assert called("a", "--track", "1", "--track", "2") == (0, "", [{"track": (1, 2)}])
    assert called("a", "--verify-assets") == (0, "", [{"verify-assets": True}])
    assert called("b", "--since-orbit", "7") == (0, "", [{"since-orbit": 7}])
    assert called("b") == (0, "", [{}])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["b", "--track", "1"], "--track is an option of a, not of b: leave it out"),
        (["a", "--track", "one"], "Invalid value for --track: 'one' is no number: write 832"),
    ],
)
def test_what_is_wrong_is_a_usage_error(words: list[str], said: str) -> None:
    code, output, given = called(*words)
    assert (code, given) == (2, [])
    assert said in output


def test_the_help_says_whose_they_are() -> None:
    assert "[a] The track." in called("--help")[1]
