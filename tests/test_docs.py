"""The documents say all that there is to say: every command, option and setting."""

from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from tercet.cli import main
from tercet.settings import Settings

pytestmark = pytest.mark.checkout

ROOT = Path(__file__).parents[1]


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


@pytest.mark.parametrize("path", [path for path, _ in commands(main)], ids=" ".join)
def test_every_command_is_in_the_readme(path: tuple[str, ...]) -> None:
    readme = (ROOT / "README.md").read_text()
    assert f"`tercet {path[0]}" in readme
    assert path[-1] in readme


@pytest.mark.parametrize(("path", "command"), list(commands(main)), ids=[" ".join(path) for path, _ in commands(main)])
def test_every_command_and_option_has_help(path: tuple[str, ...], command: click.Command) -> None:
    assert command.help, path
    assert [option.name for option in command.params if isinstance(option, click.Option) and not option.help] == []


def test_every_option_of_harvest_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text()
    harvest = dict(commands(main))[("harvest",)]
    options = [option.opts[-1] for option in harvest.params if isinstance(option, click.Option)]
    assert [option for option in options if f"`{option}`" not in readme] == []


def test_every_setting_is_on_the_settings_page() -> None:
    page = (ROOT / "docs" / "settings.md").read_text()
    names = [str(field.validation_alias or f"TERCET_{name.upper()}") for name, field in Settings.model_fields.items()]
    assert [name for name in names if f"`{name}`" not in page] == []
