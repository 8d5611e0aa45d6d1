"""Options of ``tercet harvest`` that only some sources have, such as ICESat-2's ``--rgt``."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

from harvesters.base import Option, Source
from tercet.errors import ConfigError

_F = TypeVar("_F", bound=Callable[..., Any])


def source_options(sources: Mapping[str, Source]) -> Callable[[_F], _F]:
    """Give a command every option that some source has; the values arrive as written, under `parameter`."""
    owners: dict[str, dict[str, Option]] = {}
    for source in sources.values():
        for name, option in source.options.items():
            owners.setdefault(name, {})[source.name] = option

    def decorate(command: _F) -> _F:
        for name in sorted(owners, reverse=True):
            command = click.option(f"--{name}", parameter(name), **_form(owners[name]))(command)
        return command

    return decorate


def parameter(name: str) -> str:
    """The name under which an option's value arrives; `harvest` has parameters of its own."""
    return "own_" + name.replace("-", "_")


def chosen(source: Source, sources: Mapping[str, Source], given: Mapping[str, Any]) -> dict[str, Any]:
    """What was given of a source's own options, parsed.

    Raises:
        click.UsageError: an option is another source's, or its value is wrong.
    """
    values: dict[str, Any] = {}
    for name in sorted({name for known in sources.values() for name in known.options}):
        written = given.get(parameter(name))
        if written in (None, (), False):
            continue
        if name not in source.options:
            owners = " and ".join(known.name for known in sources.values() if name in known.options)
            raise click.UsageError(f"--{name} is an option of {owners}, not of {source.name}: leave it out")
        values[name] = _parsed(name, source.options[name], written)
    return values


def _parsed(name: str, option: Option, written: Any) -> Any:  # noqa: ANN401 - what a source's parser makes of it
    if option.parse is None:
        return written
    try:
        return tuple(map(option.parse, written)) if option.multiple else option.parse(written)
    except ConfigError as error:
        raise click.BadParameter(str(error), param_hint=f"--{name}") from error


def _form(options: Mapping[str, Option]) -> dict[str, Any]:
    first, *others = options.values()
    if any((other.multiple, other.parse is None) != (first.multiple, first.parse is None) for other in others):
        raise AssertionError(f"options of one name take one kind of value: {', '.join(options)} do not agree")
    help_text = " ".join(f"[{owner}] {option.help}" for owner, option in options.items())
    if first.parse is None:
        return {"is_flag": True, "help": help_text}
    return {"multiple": first.multiple, "metavar": first.metavar, "help": help_text}
